import Foundation
import TestSupport
import Testing

/// A network namespace in which only loopback is, and everything may be changed.
enum OwnNetwork {
    private static let mark = "NATCTL_TEST_OWN_NETWORK"

    /// Whether the tests run in one.
    static let isHere = ProcessInfo.processInfo.environment[mark] != nil

    /// Runs a command of the shell in one, as root or in a user namespace.
    static func run(_ command: String) async throws -> CommandOutcome {
        // Multicasts of IPv6 over loopback need a route; ordinary ones by it are refused.
        let script = """
            unshare --net true 2>/dev/null && in=--net || in='--user --map-root-user --net'
            exec unshare $in sh -c '
            ip link set lo up && ip route add local ff00::/8 dev lo table local && \(command)'
            """
        return try await BuiltTool.run(
            URL(filePath: "/bin/sh"), ["-c", script], environment: [mark: "1"])
    }

    /// Changes the network; it must be an own one.
    static func change(_ arguments: String) async throws {
        try #require(isHere)
        let outcome = try await BuiltTool.run(
            URL(filePath: "/usr/bin/env"),
            ["ip"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 0, "ip \(arguments): \(outcome.errors)")
    }
}
