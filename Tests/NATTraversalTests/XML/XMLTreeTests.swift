import Foundation
import TestSupport
import Testing

@testable import NATTraversal

@Suite("XML from the network") struct XMLTreeTests {
    private let limits = XMLLimits(bytes: 1 << 20)

    private func parse(_ text: String) throws -> XMLElementNode {
        try XMLTree(parsing: Array(text.utf8), limits: limits).root
    }

    @Test("names lose their prefixes, texts their blanks, and comments are nothing")
    func values() throws {
        let root = try parse(
            "<a:r xmlns:a='urn:x'><b> 1 &amp; <!-- 2 --> 3\n</b><c:d>4</c:d><e/><b>5</b></a:r>")
        #expect(root.name == "r")
        #expect(root.children.map(\.name) == ["b", "d", "e", "b"])
        #expect(root.text(of: "b") == "1 &  3")
        #expect(root.text(of: "e") == "")
        #expect(root.text(of: "f") == nil)
    }

    @Test(
        "padding around the root is cut off (D-1)",
        arguments: [
            "\u{FEFF}<a/>", "\r\n\t <a/>", "<?xml version='1.0'?><a/>\0\0\0", "<a></a><b/>",
            "<a/><!DOCTYPE b>", "<a/> text", "<!-- > --><a/>",
        ])
    func padding(text: String) throws {
        #expect(try parse(text).name == "a")
    }

    @Test("what ends before its root is malformed, with its place")
    func places() {
        #expect(throws: XMLTreeError.malformed(line: 2, column: 4)) { try parse("<a>\n<b>") }
        // Not the place in what was repaired.
        #expect(throws: XMLTreeError.malformed(line: 1, column: 13)) { try parse("<a>x & y</b>") }
        #expect(throws: XMLTreeError.empty) { try parse(" \r\n") }
        #expect(throws: XMLTreeError.malformed(line: 1, column: 0)) { try parse("status=ok") }
    }

    @Test(
        "a DOCTYPE is refused wherever it could count (T-2)",
        arguments: [
            "<!DOCTYPE a><a/>", "<?xml version='1.0'?>\n<!DOCTYPE html>\n<html/>",
            "<!-- --><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "<a><!DOCTYPE b></a>",
            "<!doctype html><html/>",
        ])
    func doctype(text: String) {
        #expect(throws: XMLTreeError.doctype) { try parse(text) }
    }

    @Test("the parser itself stops at a DOCTYPE that the scan before it would miss (T-2)")
    func parserStops() {
        let document = Array("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".utf8)
        #expect(throws: XMLTreeError.doctype) { _ = try LibXML2Document(parsing: document[...]) }
        let wide: [UInt8] = [0xFF, 0xFE] + document.flatMap { [$0, 0] as [UInt8] }
        #expect(throws: XMLTreeError.doctype) {
            _ = try LibXML2Document(parsing: wide[...])
        }
    }

    @Test("no other document is ever asked for, and none would be loaded (T-2)")
    func otherDocuments() throws {
        LibXML2.refuseOtherDocuments()
        let before = LibXML2.refusedDocuments
        for item in Corpus.items("desc") {
            // Past the scan, so that the parser sees what the scan refuses.
            _ = try? LibXML2Document(parsing: item.bytes[...]).root(limits: limits)
        }
        #expect(LibXML2.refusedDocuments == before)
        #expect(!LibXML2.load("file://\(#filePath)"))
        #expect(LibXML2.refusedDocuments == before + 1)
    }

    @Test("an entity that nobody declared is not expanded")
    func entities() throws {
        #expect(try parse("<a>&x;</a>").text == "&x;")
    }

    /// Texts of which one byte or character is at fault, and how they read.
    static let faults: [(String, text: String)] = [
        ("a & b", "a & b"), ("?a=1&b=2", "?a=1&b=2"), ("&", "&"), ("&amp;&lt;&#65;&#x42;", "&<AB"),
        ("&nbsp;&amp;", "&nbsp;&"), ("&#0;", "&#0;"), ("&#xD800;", "&#xD800;"), ("&#+1;", "&#+1;"),
        ("&#99999999999;", "&#99999999999;"), ("a < b", "a < b"), ("1<2", "1<2"),
        ("\u{FFFE}&", "\u{FFFD}&"), ("&<!-- & -->x", "&x"), ("&<![CDATA[&amp;]]>", "&&amp;"),
        ("\u{1}&", "?&"), ("getfirm <info>", "getfirm <info>"), ("<none>&</x>", "<none>&</x>"),
        ("<x y='<z>'>", "<x y='<z>'>"), ("<x<z>", "<x<z>"), ("<a<a</a<", "<a<a</a<"),
    ]

    @Test("one fault in a text hides nothing, and stands for itself (D-1)", arguments: faults)
    func repairs(fault: (source: String, text: String)) throws {
        let root = try parse("<?xml version='1.0'?><r><a>\(fault.source)</a><b>c</b></r>")
        #expect(root.text(of: "a") == fault.text)
        #expect(root.text(of: "b") == "c")
    }

    @Test(
        "bytes that are no UTF-8 read as replacement characters",
        arguments: [
            [0xF0, 0x5F, 0xF0], [0xC3], [0xE2, 0x82], [0xFF, 0xFF, 0xFF], [0xD0, 0xE2],
        ],
        ["", " encoding='utf-8'", " encoding='us-ascii'"])
    func badBytes(bytes: [UInt8], declared: String) throws {
        let head = Array("<?xml version='1.0'\(declared)?><r><a>".utf8)
        let document = head + bytes + Array("</a><b>c</b></r>".utf8)
        let root = try XMLTree(parsing: document, limits: limits).root
        #expect(root.text(of: "a")?.contains("\u{FFFD}") == true)
        #expect(root.text(of: "b") == "c")
    }

    @Test("a byte order mark is believed, whatever the declaration says")
    func byteOrderMark() throws {
        for name in ["utf-8", "iso-8859-1", "utf-16", "x-router"] {
            let text = "\u{FEFF}<?xml version='1.0' encoding='\(name)'?>\r\n<a>é</a>"
            #expect(try parse(text).text == "é")
        }
        let latin1 = Array("<?xml version='1.0' encoding='iso-8859-1'?><a>&".utf8) + [0xE9]
        #expect(
            try XMLTree(parsing: latin1 + Array("</a>".utf8), limits: limits).root.text == "&é")
    }

    @Test("nothing that is repaired gets past the other layers (T-2)")
    func hostileRepairs() {
        #expect(throws: XMLTreeError.doctype) { try parse("<a>& < <!DOCTYPE b></a>") }
        #expect(throws: XMLTreeError.self) { try parse("<a>& <b><a></b></a>") }
        // What was cut stays malformed, wherever.
        let text = "<r a='b'><c>&amp; &</c><d><c>x</c></d></r>"
        for length in 0..<text.utf8.count {
            #expect(throws: XMLTreeError.self) { try parse(String(text.prefix(length))) }
        }
        // What grows beyond the limit by its repair is malformed, as it came.
        let long = "<a>" + String(repeating: "&", count: (1 << 20) - 10) + "</a>"
        #expect(throws: XMLTreeError.self) { try parse(long) }
    }

    @Test("a document of nothing but beginnings takes hardly longer to repair than another (T-2)")
    func beginnings() throws {
        let time = { (piece: String) in
            let document = Array(String(repeating: piece, count: 1 << 12).utf8)
            return processorTime { _ = XMLRepair.repaired(document, isLatin1: false) }
        }
        let usual = time("< ")
        for piece in ["<", "<a", "</", "</a", "<a<", "<!-- ", "<![CDATA[", "<?a "] {
            let long = time(piece)
            #expect(long < usual * 20, "\(piece): \(long), not \(usual)")
        }
    }

    @Test("a namespace that all elements share is not kept for each (T-2)")
    func sharedNamespace() throws {
        let name = String(repeating: "n", count: 900_000)
        let root = try parse(
            "<r xmlns='\(name)'>" + String(repeating: "<a/>", count: 19_000) + "</r>")
        #expect(root.children.count == 19_000)
    }

    @Test("XInclude is an element like any other, and fetches nothing (T-2)")
    func inclusion() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data("secret".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let root = try parse(
            "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include parse='text' "
                + "href='\(file.absoluteString)'/></a>")
        #expect(root.children.map(\.name) == ["include"])
        #expect(root.text.isEmpty && root.children.allSatisfy { $0.text.isEmpty })
    }

    @Test(
        "encodings in which markup could hide are refused",
        arguments: [
            [0xFE, 0xFF, 0x00, 0x3C], [0xFF, 0xFE, 0x3C, 0x00], [0x00, 0x00, 0xFE, 0xFF],
            [0x00, 0x3C, 0x00, 0x61], [0x3C, 0x00, 0x61, 0x00],
        ])
    func signatures(bytes: [UInt8]) {
        #expect(throws: XMLTreeError.encoding("UTF-16 or UTF-32")) {
            try XMLTree(parsing: bytes, limits: limits)
        }
    }

    @Test(
        "only three encodings may be declared",
        arguments: ["UTF-16", "utf-7", "x-router", "IBM037"])
    func declarations(name: String) {
        #expect(throws: XMLTreeError.encoding(name.lowercased())) {
            try parse("<?xml version='1.0' encoding='\(name)'?><a/>")
        }
    }

    @Test("a NUL inside the root is refused")
    func nul() {
        #expect(throws: XMLTreeError.nul) { try parse("<a>\0</a>") }
    }

    @Test("every limit holds to the one (T-2)")
    func limitsHold() throws {
        let nested = { (depth: Int) in
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(try parse(nested(32)).name == "a")
        #expect(throws: XMLTreeError.overLimit(.depth)) { try parse(nested(33)) }

        let wide = { (count: Int) in "<r>" + String(repeating: "<a/>", count: count) + "</r>" }
        #expect(try parse(wide(19_999)).children.count == 19_999)
        #expect(throws: XMLTreeError.overLimit(.elements)) { try parse(wide(20_000)) }

        let attributes = { (count: Int) in
            "<a " + (0..<count).map { "a\($0)='>'" }.joined(separator: " ") + "/>"
        }
        #expect(try parse(attributes(64)).name == "a")
        #expect(throws: XMLTreeError.overLimit(.attributes)) { try parse(attributes(65)) }

        let long = { (count: Int) in "<a>" + String(repeating: "x", count: count) + "</a>" }
        #expect(throws: XMLTreeError.overLimit(.bytes)) { try parse(long(1 << 20)) }
    }

    @Test("a long text is cut between characters, and marked")
    func cut() throws {
        let whole = try parse("<a>" + String(repeating: "é", count: 2048) + "</a>")
        #expect(whole.text.utf8.count == 4096 && !whole.isTextCut)
        let cut = try parse("<a>x" + String(repeating: "é", count: 2048) + "</a>")
        #expect(cut.text == "x" + String(repeating: "é", count: 2047))
        #expect(cut.isTextCut)
    }

    @Test("a hundred thousand attributes are refused before the parser compares them")
    func attributeFlood() {
        let text = "<a " + (0..<100_000).map { "a\($0)=''" }.joined(separator: " ") + "/>"
        // Only the look before the parser throws this; libxml2 2.9 takes many seconds for them.
        #expect(throws: XMLTreeError.overLimit(.attributes)) { try parse(text) }
    }

    @Test(
        "a document of nothing but beginnings takes as long as it is, and no longer (T-2)",
        arguments: ["<!--", "<![CDATA[", "<?", "<a", "</a", "<a b='", "&"])
    func beginnings(of what: String) {
        let time = { (size: Int) in
            let text = "<a>" + String(repeating: what, count: size / what.utf8.count)
            return processorTime {
                _ = try? parse(text)
                _ = try? parse(text + ">")
            }
        }
        let (short, long) = (time(2000), time(16_000))
        // Where each beginning looks for its end anew this is sixty-four times as much.
        #expect(long < short * 24, "\(long), not \(short)")
    }

    @Test("a whole document is known as such, whatever stands behind it (H-6)")
    func wholeness() {
        let document = Array("<?xml version='1.0'?><a b='</a>'><c/>x</a>".utf8)
        #expect(XMLOutline.isWhole(document))
        #expect(XMLOutline.isWhole(document + Array("\r\n".utf8)))
        for length in 0..<document.count {
            #expect(!XMLOutline.isWhole(Array(document.prefix(length))))
        }
    }
}
