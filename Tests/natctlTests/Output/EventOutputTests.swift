import Foundation
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

@Suite("Events, as they are shown") struct EventOutputTests {
    private func document(_ event: MapperEvent) throws -> [String: JSONValue] {
        let text = try #require(OutputFormat.json.render(EventOutput(event: event)))
        #expect(!text.contains("\n"))
        return try #require(JSONValue(parsing: Array(text.utf8)).object)
    }

    @Test("fit the schema", .needsDocumentSchema, arguments: MapperEvent.samples)
    func fit(event: MapperEvent) async throws {
        let text = try #require(OutputFormat.json.render(EventOutput(event: event)))
        try await DocumentSchema.shared.check(text)
    }

    @Test("have the members of their kind", arguments: MapperEvent.samples)
    func haveMembers(event: MapperEvent) throws {
        let members: Set<String> =
            switch event.change {
            case .mapped, .renewed, .unmapped: ["mapping", "assignments"]
            case .changed: ["mapping", "assignments", "previous"]
            case .lost: ["mapping", "assignments", "error"]
            case .externalAddressChanged: ["address", "previous"]
            case .gatewayRestarted, .gatewayChanged: ["gateway", "previous"]
            case .interfaceChanged: ["interface", "address", "previous"]
            case .mappingFailed, .warning: ["code", "message"]
            }
        let document = try document(event)
        #expect(Set(document.keys) == members.union(["version", "kind", "event", "at"]))
        #expect(document["kind"] == "event")
        #expect(document["at"] == "2026-11-25T18:00:00Z")
    }

    @Test("tell the whole present set of assignments, local ones without a technique")
    func tellAssignments() throws {
        let mapping = try #require(Mapping.sample())
        let document = try document(.sample(.mapped(mapping), of: mapping))
        #expect(
            document["assignments"] == [
                ["transport": "tcp", "address": "192.168.1.10", "port": 8080, "technique": nil],
                ["transport": "tcp", "address": "198.51.100.7", "port": 8080, "technique": "pcp"],
            ])
        #expect(document["mapping"] == mapping.document)
    }

    @Test("are one line for people, the time first, a warning none")
    func areLines() throws {
        let lines = MapperEvent.samples.map { event in
            EventOutput(event: event).lines(on: Page()).map {
                $0.text.dropFirst("2026-11-25 18:00:00  ".count)
            }
        }
        let ended = "tcp 192.168.1.10:8080 <- 198.51.100.7:8080  pcp"
        let mapping = "\(ended), 2h"
        #expect(
            lines == [
                ["mapped \(mapping)"], ["renewed \(mapping)"],
                [
                    "changed tcp 192.168.1.10:8080 <- 198.51.100.9:8080  pcp, 2h, "
                        + "was 198.51.100.7:8080"
                ],
                [
                    "lost \(ended): 192.168.1.1 did not answer within 3s; port mapping may be "
                        + "off in its settings, or the address may be wrong"
                ],
                ["unmapped \(ended)"], ["external address 198.51.100.7"],
                ["external address none, was 198.51.100.7"], ["gateway 192.168.1.1 has restarted"],
                ["gateway 192.168.1.1"], ["gateway none, was [fe80::1%eth0]:5352"],
                ["interface eth0 192.168.1.10"], ["interface none, was eth0 192.168.1.10"],
                ["interface ? 198.51.100.7, was eth0 192.168.1.10"], [], [],
            ])
    }

    @Test("promise nothing of a peer who alone was to come in")
    func tellPeer() throws {
        var mapping = try #require(Mapping.sample())
        mapping.remoteHost = IPv4Address("203.0.113.9").map(IPAddress.v4)
        #expect(mapping.line.text.hasSuffix("  pcp, 2h, asked for 203.0.113.9 only"))
    }

    @Test("begin with the time where this host is")
    func tellTime() throws {
        let instant = Timestamp(secondsSince1970: 1_795_629_600)
        let shown = DateFormatter()
        shown.locale = Locale(identifier: "en_US_POSIX")
        shown.dateFormat = "yyyy-MM-dd HH:mm:ss"
        #expect(
            localTime(instant) == shown.string(from: Date(timeIntervalSince1970: 1_795_629_600)))
    }

    @Test("are the new external address alone with --quiet")
    func areQuiet() {
        #expect(
            MapperEvent.samples.flatMap { EventOutput(event: $0).quietLines } == ["198.51.100.7"])
    }
}
