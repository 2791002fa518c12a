import Testing

@testable import NATTraversal

/// The facts that the corpus states of an envelope.
struct SOAPFacts: Decodable {
    struct Fault: Decodable {
        var faultcode, faultstring: String?
        var upnp_error_code: Int32?
        var upnp_error_description, upnp_error_code_text: String?
    }
    var outcome: String
    var element: String?
    var args: [String: String]?
    var action: String?
    var fault: Fault?
    var mismatch: Bool?
    var argument_missing: String?
    var external_address_class: String?
    var entries: [[String: String]]?

    /// Holds an answer against the facts.
    func check(_ answer: SOAPAnswer) {
        switch answer {
        case .response(let response):
            #expect(outcome == "response")
            #expect(response.element == element)
            let results = response.results.map { ($0.name, $0.value) }
            #expect(Dictionary(results) { first, _ in first } == args)
            if let action { #expect(response.answers(action) == (mismatch != true)) }
            if let argument_missing { #expect(response[argument_missing] == nil) }
        case .fault(let fault):
            #expect(outcome == "fault")
            #expect(fault.faultCode == self.fault?.faultcode)
            #expect(fault.faultString == self.fault?.faultstring)
            #expect(fault.errorCode == self.fault?.upnp_error_code)
            #expect(fault.errorDescription == self.fault?.upnp_error_description)
            if let text = self.fault?.upnp_error_code_text { #expect(fault.errorCodeText == text) }
        case .empty:
            #expect(outcome == "empty-body")
        }
    }
}

@Suite("SOAP envelopes of the corpus") struct SOAPCorpusTests {
    @Test("responses and faults are read", arguments: Corpus.items("soap"))
    func reads(item: CorpusItem) throws {
        let facts: SOAPFacts = try item.expected()
        facts.check(try SOAPAnswer(parsing: item.bytes, limits: .portListing))
    }
}
