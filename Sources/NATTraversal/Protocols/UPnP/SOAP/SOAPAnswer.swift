/// What the body of an answer to a call says, whatever its HTTP status.
enum SOAPAnswer: Hashable, Sendable {
    case response(SOAPResponse)
    case fault(SOAPFault)
    /// There is no body at all, which some routers mean as success of an action without results.
    case empty

    /// Reads the body of an answer.
    ///
    /// - Throws: `SOAPAnswerError`.
    init(parsing body: [UInt8], limits: XMLLimits) throws(SOAPAnswerError) {
        guard !body.allSatisfy(\.isXMLBlank) else {
            self = .empty
            return
        }
        let root: XMLElementNode
        do { root = try XMLTree(parsing: body, limits: limits).root } catch { throw .xml(error) }
        guard root.name == "Envelope", let content = root.child("Body") else {
            throw .notAnEnvelope(rootElement: root.name)
        }
        if let fault = content.child("Fault") {
            self = .fault(SOAPFault(fault))
        } else if let element = content.children.first {
            self = .response(SOAPResponse(element))
        } else {
            throw .notAnEnvelope(rootElement: root.name)
        }
    }
}

/// The results of an action by name.
struct SOAPResponse: Hashable, Sendable {
    /// The local name of the element in the body: the action and `Response`, or so.
    ///
    /// Its namespace routers take from anywhere.
    var element: String
    /// The results as they came.
    var results: [UPnPArgument]
    /// Whether one of them was longer than what is kept, and is cut.
    var hasCutText: Bool

    fileprivate init(_ element: XMLElementNode) {
        self.element = element.name
        results = element.children.map { UPnPArgument($0.name, $0.text) }
        hasCutText = element.children.contains(where: \.isTextCut)
    }

    /// Whether this is an answer to `action`; some leave `Response` out.
    func answers(_ action: String) -> Bool { element.hasPrefix(action) }

    /// The first result of this name.
    subscript(name: String) -> String? { results.first { $0.name == name }?.value }
}

/// A fault (UDA 1.1, section 3.2.2), which comes in many shapes.
struct SOAPFault: Hashable, Sendable {
    var faultCode: String?
    var faultString: String?
    /// The text of the first `errorCode` anywhere in the fault, in any case.
    var errorCodeText: String?
    /// The gateway's own words, which decide nothing.
    var errorDescription: String?

    /// The number on which everything is decided; `nil` where there is none of 32 bits.
    var errorCode: Int32? { errorCodeText.flatMap { Int32($0) } }

    fileprivate init(_ element: XMLElementNode) {
        faultCode = element.firstText(of: "faultcode")
        faultString = element.firstText(of: "faultstring")
        errorCodeText = element.firstText(of: "errorCode")
        errorDescription = element.firstText(of: "errorDescription")
    }
}

/// Why a body is no answer.
enum SOAPAnswerError: Error, Hashable, Sendable {
    case xml(XMLTreeError)
    /// It is XML, but no envelope with something in its body: often a page of HTML.
    case notAnEnvelope(rootElement: String)
}

extension XMLElementNode {
    /// The text of the first element of this name inside, at any depth, whatever its case.
    fileprivate func firstText(of name: String) -> String? {
        for child in children {
            if child.name.isEqualIgnoringCase(name) { return child.text }
            if let text = child.firstText(of: name) { return text }
        }
        return nil
    }
}
