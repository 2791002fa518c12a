import Foundation

/// How a command on one of the lab's hosts ended.
struct CommandOutcome: Decodable, Sendable {
    /// The exit status; 128+n after signal n.
    var status: Int32
    var output: String
    var errors: String
    var seconds: Double

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The standard output, read as what cli.md calls a document.
    ///
    /// - Throws: `DecodingError` where it is anything else, or more than one.
    var document: Document {
        get throws { try JSONDecoder().decode(Document.self, from: Data(output.utf8)) }
    }
}

/// The keys of natctl's JSON that these tests look at; the schema is checked elsewhere.
struct Document: Decodable {
    struct Mapping: Decodable {
        var transport: String
        var internalAddress: String
        var internalPort: Int
        var externalAddress: String?
        var externalPort: Int
        var lifetime: Int?
        var technique: String?
        var gateway: String
    }

    struct Refusal: Decodable {
        var code: String
        var message: String
        var technique: String?
        var gateway: String?
        var gatewayCode: Int?
        var gatewayCodeName: String?
    }

    struct Failure: Decodable {
        var transport: String
        var internalPort: Int
        var error: Refusal
    }

    struct Warning: Decodable {
        var code: String
    }

    var version: Int
    var address: String?
    var scope: String?
    var technique: String?
    var mappings: [Mapping]?
    var failures: [Failure]?
    var error: Refusal?
    var warnings: [Warning]?
}
