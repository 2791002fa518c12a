import Foundation

/// How a command ended.
package struct CommandOutcome: Decodable, Sendable {
    /// The exit status; 128+n after signal n.
    package var status: Int32
    package var output: String
    package var errors: String
    package var seconds: Double

    package var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The standard output, read as the one document that `--json` prints.
    ///
    /// - Throws: `DecodingError` where it is anything else, or more than one.
    package var document: Document {
        get throws { try JSONDecoder().decode(Document.self, from: Data(output.utf8)) }
    }

    /// The names of the document's members.
    ///
    /// - Throws: `CocoaError` where the standard output is no document.
    package var members: Set<String> {
        get throws {
            let document = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return Set((document as? [String: Any] ?? [:]).keys)
        }
    }

    /// Holds the standard output of a run with `--json` against the schema.
    ///
    /// There is none where the command line itself was wrong.
    ///
    /// - Throws: `DocumentSchema.Violation`.
    package func checkDocument() async throws {
        guard !output.isEmpty, DocumentSchema.isAvailable else { return }
        try await DocumentSchema.shared.check(output)
    }
}

/// The keys of natctl's JSON that tests look at.
package struct Document: Decodable {
    package struct Mapping: Decodable, Sendable {
        package var transport: String
        package var internalAddress: String
        package var internalPort: Int
        package var externalAddress: String?
        package var externalPort: Int
        package var lifetime: Int?
        package var technique: String?
        package var gateway: String
        package var description: String?
        package var mine: Bool
    }

    package struct Refusal: Decodable, Sendable {
        package var code: String
        package var message: String
        package var technique: String?
        package var gateway: String?
        package var gatewayCode: Int?
        package var gatewayCodeName: String?
    }

    package struct Failure: Decodable {
        package var transport: String
        package var internalPort: Int
        package var error: Refusal
    }

    package struct Device: Decodable, Sendable {
        package struct Service: Decodable, Sendable {
            package struct Action: Decodable, Sendable {
                package var name: String
            }

            package var type: String
            package var controlURL: String?
            package var refused: String?
            package var actions: [Action]?
        }

        package var location: String
        package var friendlyName: String?
        package var deviceType: String?
        package var services: [Service]
    }

    package struct Warning: Decodable {
        package var code: String
        package var message: String
    }

    package struct Gateway: Decodable, Sendable {
        package struct Answer: Decodable, Sendable {
            package var technique: String
            package var available: Bool
            package var externalAddress: String?
        }

        package var address: String
        package var techniques: [Answer]
        package var outerRouter: String?
        package var diagnosis: String?
    }

    package var version: Int
    package var kind: String
    package var address: String?
    package var scope: String?
    package var technique: String?
    package var gateway: String?
    package var gateways: [Gateway]?
    package var mappings: [Mapping]?
    package var devices: [Device]?
    package var failures: [Failure]?
    package var error: Refusal?
    package var warnings: [Warning]?
}
