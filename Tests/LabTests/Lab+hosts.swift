import Foundation
import TestSupport

/// What the tests ask of the hosts beside `natctl`.
extension Lab {
    /// Opens `ports` of the client; each answers with its transport and number.
    func serve(_ transport: String, _ ports: String) throws {
        let outcome = try on(.client, "peer.py serve \(transport) \(ports)")
        guard outcome.status == 0 else { throw Failure.notInTime(outcome.errors) }
    }

    /// What the WAN host hears from each of the router's `ports`: an answer, "refused" or "silent".
    func reach(_ transport: String, _ ports: String, at address: String = "11.22.33.1") throws
        -> [String]
    {
        try on(.wan, "peer.py reach \(transport) \(address) \(ports)").lines
    }

    /// How many ports the router forwards.
    func ruleCount(of router: Host = .router) throws -> Int? {
        try on(router, "router-rules \(router.rawValue)").lines.first.flatMap { Int($0) }
    }

    /// How many packets a `.countRequests` or a `.silentGateway` has seen.
    func requestCount() throws -> Int? {
        let rules = try on(.router, "nft list table inet lab").output
        let words = rules.split(whereSeparator: \.isWhitespace)
        return words.firstIndex(of: "packets").flatMap { Int(words[words.index(after: $0)]) }
    }

    /// Waits for the first packet that a `.silentGateway` drops.
    nonisolated func waitUntilGatewayIsAsked() async throws {
        try await wait(for: "the first request") { try await requestCount() ?? 0 > 0 }
    }

    /// Asks again until `condition` holds; gives up after `limit`.
    nonisolated func wait(
        for what: String, within limit: Duration = .seconds(10),
        until condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw Failure.notInTime(what) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension CommandOutcome {
    /// Whether the command ended within the three seconds that a silent gateway is given, with what a
    /// busy machine takes itself.
    var isPrompt: Bool { seconds < 4.5 }

    /// The codes of the document's warnings.
    var codes: [String] {
        get throws { try document.warnings?.map(\.code) ?? [] }
    }
}
