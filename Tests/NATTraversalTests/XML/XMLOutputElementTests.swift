import Testing

@testable import NATTraversal

@Suite("XML that is written") struct XMLOutputElementTests {
    @Test(
        "texts and attributes come back as they were (T-11)",
        arguments: [
            "", "plain", "</u:A><evil/>", "a & b", "\"quotes\" 'and' <brackets>", "]]>", "&amp;",
            "tab\there", "é\u{1F600}", "\u{85}\u{202E}", "<!--", "<![CDATA[x]]>",
        ])
    func escaping(text: String) throws {
        let element = XMLOutputElement(
            name: "a:b", attributes: [("xmlns:a", "urn:x"), ("c", text)],
            children: [XMLOutputElement(name: "d", text: "|" + text + "|")])
        let bytes = try element.serialized()
        let root = try XMLTree(parsing: bytes, limits: .action).root
        #expect(root.name == "b")
        #expect(root.children.map(\.name) == ["d"])
        #expect(root.text(of: "d") == "|" + text + "|")
        #expect(!bytes.contains(UInt8(ascii: "\n")))
    }

    @Test("line ends inside a text are written so that they survive")
    func lineEnds() throws {
        let element = XMLOutputElement(name: "a", text: "x\r\ny")
        #expect(String(decoding: try element.serialized(), as: UTF8.self) == "<a>x&#13;\ny</a>")
    }

    @Test(
        "characters that XML has no place for are refused",
        arguments: [
            "\0", "\u{1}", "\u{8}", "\u{B}", "\u{1B}", "\u{1F}", "\u{FFFE}", "\u{FFFF}",
        ])
    func controls(text: String) {
        #expect(throws: XMLOutputError.character(in: "a")) {
            try XMLOutputElement(name: "a", text: "x" + text).serialized()
        }
        #expect(throws: XMLOutputError.character(in: "a")) {
            try XMLOutputElement(name: "a", attributes: [("b", text)]).serialized()
        }
    }

    @Test(
        "what is no name is refused",
        arguments: [
            "", "1a", "a b", "a>", "a:b:c", ":a", "a:", "é", "a\"", "a/", "-a",
        ])
    func names(name: String) {
        #expect(throws: XMLOutputError.name(name)) {
            try XMLOutputElement(name: name).serialized()
        }
    }
}
