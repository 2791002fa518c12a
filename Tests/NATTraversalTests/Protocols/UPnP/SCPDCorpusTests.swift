import Testing

@testable import NATTraversal

private struct SCPDFacts: Decodable {
    struct Action: Decodable {
        var name: String
        var `in`, out: [String]
    }
    var root_element: String
    var actions: [Action]
    var state_variables: [String: String]
    var has_state_table, usable: Bool
    var supports: [String: Bool]
}

@Suite("Service descriptions of the corpus") struct SCPDCorpusTests {
    @Test("actions, arguments and state variables are read", arguments: Corpus.items("scpd"))
    func reads(item: CorpusItem) throws {
        let facts: SCPDFacts = try item.expected()
        let scpd = try SCPD(parsing: item.bytes)
        #expect(scpd.rootElement == facts.root_element)
        #expect(scpd.isUsable == facts.usable)
        #expect(scpd.actions.map(\.name) == facts.actions.map(\.name))
        #expect(scpd.actions.map { $0.inputs.map(\.name) } == facts.actions.map(\.in))
        #expect(scpd.actions.map { $0.outputs.map(\.name) } == facts.actions.map(\.out))
        #expect(scpd.stateVariables.mapValues(\.type) == facts.state_variables)
        #expect(!scpd.stateVariables.isEmpty == facts.has_state_table)
        for (action, isSupported) in facts.supports where facts.usable {
            #expect(scpd.actions.contains { $0.name == action } == isSupported)
        }
    }

    @Test(
        "another root element makes one useless, and nothing else does (D-13)",
        arguments: [
            ("<scpd/>", true), ("<x:scpd xmlns:x='urn:other'><actionList/></x:scpd>", true),
            ("<root><actionList><action><name>Get</name></action></actionList></root>", false),
            ("<SCPD/>", false), ("<html><body/></html>", false),
        ])
    func isUsable(text: String, isUsable: Bool) throws {
        #expect(try SCPD(parsing: Array(text.utf8)).isUsable == isUsable)
    }

    @Test("an argument has the type and the values of its state variable")
    func types() throws {
        let document = """
            <scpd xmlns="urn:schemas-upnp-org:service-1-0"><actionList><action><name>Set</name>
            <argumentList><argument><name>Port</name><direction>in</direction>
            <relatedStateVariable>P</relatedStateVariable></argument><argument><name>Protocol</name>
            <direction>in</direction><relatedStateVariable>T</relatedStateVariable></argument>
            </argumentList></action></actionList><serviceStateTable><stateVariable><name>P</name>
            <dataType>ui2</dataType><allowedValueRange><minimum>1</minimum><maximum>9</maximum>
            </allowedValueRange></stateVariable><stateVariable><name>T</name>
            <dataType>string</dataType><allowedValueList><allowedValue>TCP</allowedValue>
            <allowedValue>UDP</allowedValue></allowedValueList></stateVariable></serviceStateTable>
            </scpd>
            """
        let action = try #require(try SCPD(parsing: Array(document.utf8)).actions.first)
        #expect(
            action.inputs == [
                .init(name: "Port", type: "ui2", minimum: "1", maximum: "9"),
                .init(name: "Protocol", type: "string", allowedValues: ["TCP", "UDP"]),
            ])
    }
}
