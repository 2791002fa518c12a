import CLibXML2

// The only file that sees libxml2: it owns what the library allocates and lets no pointer out.

/// What holds for every document of the process; a program's choice, not a library's.
package enum LibXML2 {
    /// Keeps the library from loading any document but the one it is given: the last layer of T-2,
    /// which nothing should reach.
    package static func refuseOtherDocuments() { clibxml2_refuse_loads() }

    /// How many documents it was asked to load since.
    static var refusedDocuments: Int { Int(clibxml2_refused_loads()) }

    /// Asks for another document, as a parser would that the other layers have not stopped.
    static func load(_ url: String) -> Bool {
        guard let parser = unsafe xmlNewParserCtxt() else { return false }
        defer { unsafe xmlFreeParserCtxt(parser) }
        guard let input = unsafe xmlLoadExternalEntity(url, nil, parser) else { return false }
        unsafe xmlFreeInputStream(input)
        return true
    }
}

/// A document that libxml2 has parsed.
@safe struct LibXML2Document: ~Copyable {
    private let document: xmlDocPtr

    /// Parses a whole document, of which nothing is expanded and nothing fetched.
    init(parsing bytes: ArraySlice<UInt8>) throws(XMLTreeError) {
        xmlInitParser()
        var report = clibxml2_parse_report()
        let document = unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.bindMemory(to: CChar.self).baseAddress
            return unsafe clibxml2_parse(start, CInt(clamping: buffer.count), &report)
        }
        if report.has_doctype != 0 { throw .doctype }
        guard let document = unsafe document else {
            throw .malformed(line: Int(report.line), column: Int(report.column))
        }
        unsafe self.document = document
    }

    deinit { unsafe xmlFreeDoc(document) }

    /// The root element with all that is in it, as far as the limits allow.
    func root(limits: XMLLimits) throws(XMLTreeError) -> XMLElementNode {
        guard let node = unsafe xmlDocGetRootElement(document) else {
            throw .malformed(line: 0, column: 0)
        }
        var elements = 0
        return try unsafe Self.element(node, limits: limits, depth: 1, count: &elements)
    }

    private static func element(
        _ node: xmlNodePtr, limits: XMLLimits, depth: Int, count: inout Int
    ) throws(XMLTreeError) -> XMLElementNode {
        count += 1
        guard depth <= limits.depth else { throw .overLimit(.depth) }
        guard count <= limits.elements else { throw .overLimit(.elements) }
        var element = unsafe XMLElementNode(name: localName(string(node.pointee.name)))
        var text = ""
        var next = unsafe node.pointee.children
        while let child = unsafe next {
            switch unsafe child.pointee.type {
            case XML_ELEMENT_NODE:
                element.children.append(
                    try unsafe Self.element(
                        child, limits: limits, depth: depth + 1, count: &count))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                text += unsafe string(child.pointee.content)
            default:
                break  // comments, processing instructions and entity references say nothing
            }
            unsafe next = child.pointee.next
        }
        (element.text, element.isTextCut) = text.trimmed(toUTF8Bytes: limits.textBytes)
        return element
    }

    private static func string(_ text: UnsafePointer<xmlChar>?) -> String {
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text)
    }

    /// The name without the prefix, which libxml2 leaves in when it is not declared.
    private static func localName(_ name: String) -> String {
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) else { return name }
        return String(name[name.utf8.index(after: colon)...])
    }
}

/// A document that libxml2 writes into memory.
@safe struct LibXML2Writer: ~Copyable {
    private let buffer: xmlBufferPtr
    private let writer: xmlTextWriterPtr

    /// An empty document; `nil` when there is no memory for it.
    init?() {
        guard let buffer = unsafe xmlBufferCreate() else { return nil }
        guard let writer = unsafe xmlNewTextWriterMemory(buffer, 0) else {
            unsafe xmlBufferFree(buffer)
            return nil
        }
        unsafe self.buffer = buffer
        unsafe self.writer = writer
    }

    deinit {
        unsafe xmlFreeTextWriter(writer)
        unsafe xmlBufferFree(buffer)
    }

    /// Writes an element with all that is in it, always with an end tag.
    ///
    /// - Returns: whether the library took all of it.
    func write(_ element: XMLOutputElement) -> Bool {
        guard unsafe xmlTextWriterStartElement(writer, element.name) >= 0 else { return false }
        for (name, value) in element.attributes {
            guard unsafe xmlTextWriterWriteAttribute(writer, name, value) >= 0 else { return false }
        }
        guard unsafe xmlTextWriterWriteString(writer, element.text) >= 0,
            element.children.allSatisfy({ write($0) })
        else { return false }
        return unsafe xmlTextWriterFullEndElement(writer) >= 0
    }

    /// What has been written so far.
    var bytes: [UInt8] {
        unsafe xmlTextWriterFlush(writer)
        guard let content = unsafe xmlBufferContent(buffer) else { return [] }
        return unsafe Array(
            UnsafeBufferPointer(start: content, count: Int(xmlBufferLength(buffer))))
    }
}
