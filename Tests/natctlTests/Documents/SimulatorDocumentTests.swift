import GatewaySimulator
import Testing
import TestSupport

/// A run of natctl behind a simulated gateway, and how it must end.
struct DocumentedRun: Sendable, CustomTestStringConvertible {
    var arguments: String
    var status: Int32 = 0
    /// The members of the document beside `version` and `kind`.
    var members: Set<String>
    var faults = GatewayFaults()

    var testDescription: String { arguments }

    private static let mappings: Set<String> = ["mappings", "failures", "warnings"]
    private static let address: Set<String> = [
        "address", "scope", "technique", "gateway", "warnings",
    ]

    static let all = [
        DocumentedRun(arguments: "external-ip", members: address),
        DocumentedRun(arguments: "external-ip --via pcp", members: address),
        DocumentedRun(arguments: "external-ip --all", members: ["answers", "warnings"]),
        DocumentedRun(arguments: "external-ip --require-public", members: address),
        DocumentedRun(arguments: "map both 8080 22", members: mappings),
        DocumentedRun(arguments: "map udp 9000-9002 --via nat-pmp", members: mappings),
        DocumentedRun(arguments: "list", members: mappings),
        DocumentedRun(arguments: "unmap --all", members: mappings),
        DocumentedRun(arguments: "list-interfaces", members: ["interfaces", "warnings"]),
        DocumentedRun(arguments: "list-interfaces --all", members: ["interfaces", "warnings"]),
        DocumentedRun(arguments: "gateway", members: ["gateways", "warnings"]),
        DocumentedRun(
            arguments: "map tcp 8080 --via nat-pmp", status: 77, members: mappings.union(["error"]),
            faults: .refusing(.natpmpMap, with: 2)),
        DocumentedRun(
            arguments: "map tcp 8080 --interface nowhere0", status: 69,
            members: mappings.union(["error"])),
        DocumentedRun(
            arguments: "upnp-scan --location http://127.0.0.1:1/", status: 69,
            members: ["error"]),
        DocumentedRun(
            arguments: "upnp-call Nothing Nowhere --location http://127.0.0.1:1/", status: 69,
            members: ["error"]),
        DocumentedRun(
            arguments: "gateway --interface nowhere0", status: 69, members: ["error"]),
        DocumentedRun(
            arguments: "external-ip --interface nowhere0", status: 69, members: ["error"]),
    ]
}

extension GatewayFaults {
    /// A gateway that says no to one operation.
    fileprivate static func refusing(_ operation: GatewayOperation, with code: UInt16) -> Self {
        var faults = GatewayFaults()
        faults.refusals = [operation: .init(code: code)]
        return faults
    }
}

@Suite("A document that natctl prints") struct SimulatorDocumentTests {
    @Test(
        "fits the schema and has the members of its command", .needsDocumentSchema,
        arguments: DocumentedRun.all)
    func fits(run: DocumentedRun) async throws {
        let outcome = try await ToolBehindGateway.run(run.faults) { tool in
            // So that `list` and `unmap` have something to show.
            try await tool.natctl("map tcp 7000")
            return try await tool.natctl("\(run.arguments) --json")
        }
        #expect(outcome.status == run.status, "\(outcome.errors)")
        #expect(
            try outcome.document.kind == run.arguments.split(separator: " ").first.map(String.init))
        #expect(try outcome.members == run.members.union(["version", "kind"]))
    }
}
