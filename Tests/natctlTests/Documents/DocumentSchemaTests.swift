import TestSupport
import Testing

@Suite("The schema of the documents", .needsDocumentSchema) struct DocumentSchemaTests {
    private static let mapping = """
        {"transport": "tcp", "internalAddress": "192.168.1.10", "internalPort": 8080,
         "externalAddress": "198.51.100.7", "externalPort": 8080, "remoteHost": null,
         "lifetime": 7200, "expiresAt": "2026-11-22T20:00:00Z", "technique": "pcp",
         "gateway": "[fe80::1%eth0]:5352", "description": null, "mine": true}
        """

    private static func report(_ mapping: String) -> String {
        #"{"version": 1, "kind": "map", "mappings": [\#(mapping)], "failures": [], "warnings": []}"#
    }

    @Test("takes a mapping as the command-line contract describes it")
    func accepts() async throws {
        try await DocumentSchema.shared.check(Self.report(Self.mapping))
    }

    @Test(
        "refuses a mapping with one thing wrong",
        arguments: [
            (#""transport": "tcp""#, #""transport": "both""#),
            (#""internalPort": 8080"#, #""internalPort": 0"#),
            (#""internalPort": 8080"#, #""internalPort": "8080""#),
            (#""externalAddress": "198.51.100.7""#, #""externalAddress": "gateway.example""#),
            (#""mine": true"#, #""isMine": true"#),
            (#""lifetime": 7200"#, #""lifetime": null"#),
            (#""expiresAt": "2026-11-22T20:00:00Z""#, #""expiresAt": "2026-11-22 20:00:00""#),
            (#""technique": "pcp""#, #""technique": "natpmp""#),
            (#""mine": true"#, #""mine": true, "extra": 1"#),
        ])
    func refuses(sound: String, broken: String) async throws {
        let broken = Self.mapping.replacing(sound, with: broken)
        #expect(broken != Self.mapping)
        await #expect(throws: DocumentSchema.Violation.self) {
            try await DocumentSchema.shared.check(Self.report(broken))
        }
    }

    @Test(
        "refuses what is no document of version 1",
        arguments: [
            "[]", "{}", "null", "{", #"{"version": 1, "kind": "map"}"#,
            #"{"version": 1, "interfaces": [], "warnings": []}"#,
            #"{"version": 1, "kind": "list", "interfaces": [], "warnings": []}"#,
            #"{"version": 2, "kind": "list-interfaces", "interfaces": [], "warnings": []}"#,
            #"{"version": 1, "kind": "list-interfaces", "interfaces": null, "warnings": []}"#,
            #"{"version": 1, "kind": "gateway", "error": {"code": "timeout", "message": "x"}}"#,
        ])
    func refusesOthers(text: String) async throws {
        await #expect(throws: DocumentSchema.Violation.self) {
            try await DocumentSchema.shared.check(text)
        }
    }
}
