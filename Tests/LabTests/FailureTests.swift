import TestSupport
import Testing

/// A gateway that grants nothing, and what the user is told about it.
struct UnwillingGateway: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var options: [LabOption]
    var arguments: String
    var status: Int32
    var code: String
    /// How long the gateway must be waited for, in seconds.
    var seconds: ClosedRange<Double> = 0...3

    static let all = [
        UnwillingGateway(
            // The search for UPnP devices has nobody who could say no.
            testDescription: "every port closed", options: [.noDaemon],
            arguments: "map tcp 8080", status: 69, code: "unavailable", seconds: 0...4.5),
        UnwillingGateway(
            testDescription: "port 5351 closed", options: [.filter("udp dport 5351 reject")],
            // One such message is doubted for a second.
            arguments: "map tcp 8080 --via pcp", status: 69, code: "unavailable", seconds: 1...2.5),
        UnwillingGateway(
            testDescription: "port 5351 closed by its firewall",
            options: [.filter("udp dport 5351 reject with icmp admin-prohibited")],
            arguments: "external-ip --via nat-pmp", status: 69, code: "unavailable",
            seconds: 1...2.5),
        UnwillingGateway(
            testDescription: "no answer", options: [.silentGateway],
            arguments: "map tcp 8080", status: 75, code: "timeout", seconds: 2.9...4.5),
        UnwillingGateway(
            testDescription: "no answer within --timeout", options: [.silentGateway],
            arguments: "external-ip --timeout 1", status: 75, code: "timeout",
            seconds: 0.9...2.5),
        UnwillingGateway(
            testDescription: "a deny rule", options: [.config("deny 8080 192.168.77.0/24 8080")],
            arguments: "map tcp 8080", status: 77, code: "refused"),
        UnwillingGateway(
            testDescription: "a deny rule, and no UPnP to ask for a second opinion",
            options: [.config("deny 8080 192.168.77.0/24 8080"), .config("enable_upnp=no")],
            arguments: "map tcp 8080", status: 77, code: "refused", seconds: 0...4),
        UnwillingGateway(
            testDescription: "no external address", options: [.external("10.9.9.1")],
            arguments: "external-ip", status: 69, code: "unavailable"),
        UnwillingGateway(
            testDescription: "no external address, asked to map", options: [.external("10.9.9.1")],
            arguments: "map tcp 8080 --via nat-pmp", status: 69, code: "unavailable"),
    ]
}

@Suite("A gateway that grants nothing", .needsLab, .timeLimit(.minutes(30))) struct FailureTests {
    @Test("is told by an exit code, a sentence and a document", arguments: UnwillingGateway.all)
    func tells(gateway: UnwillingGateway) async throws {
        try await Lab.run(gateway.options) { lab in
            let text = try await lab.natctl(gateway.arguments)
            #expect(text.status == gateway.status)
            #expect(text.output == "")
            #expect(text.errors.hasPrefix("natctl: ") && text.errors.hasSuffix("\n"))
            #expect(text.errors.split(separator: "\n").count == 1, "\(text.errors)")
            #expect(gateway.seconds.contains(text.seconds), "\(text.seconds) s")

            let json = try await lab.natctl("\(gateway.arguments) --json")
            #expect(json.status == gateway.status)
            let error = try #require(json.document.error)
            #expect(error.code == gateway.code)
            #expect(text.errors.contains(error.message))
        }
    }

    @Test("because the port is taken and --exact was given, leaves it to its owner")
    func taken() async throws {
        try await Lab.run(.secondClient) { lab in
            try await lab.on(.client2, "natpmpc -a 8080 8080 tcp 3600")
            let mapped = try await lab.natctl("map tcp 8080 --exact --json")
            #expect(mapped.status == 73)
            #expect(try mapped.document.error?.code == "cannotMap")
            #expect(try mapped.document.mappings?.isEmpty == true)
            #expect(try await lab.ruleCount() == 1)
            #expect(try await lab.natctl("list --leases --json").document.mappings?.isEmpty == true)
        }
    }

    @Test("for one of several ports is told, and the others are mapped")
    func partly() async throws {
        try await Lab.run(
            .config("deny 0-65535 192.168.77.0/24 8081"),
            .config("allow 1024-65535 192.168.77.0/24 1024-65535")
        ) { lab in
            let mapped = try await lab.natctl("map tcp 8080-8082 --json")
            #expect(mapped.status == 77)
            #expect(try mapped.document.mappings?.map(\.internalPort) == [8080, 8082])
            #expect(try mapped.document.failures?.map(\.internalPort) == [8081])
            #expect(try await lab.ruleCount() == 2)
        }
    }
}
