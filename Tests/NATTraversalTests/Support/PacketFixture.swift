import Foundation
import Testing

@testable import NATTraversal

/// A NAT-PMP or PCP datagram with what a client must make of it.
struct PacketFixture: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var datagram: [UInt8]
    var expectation: Expectation

    struct Expectation: Decodable, Sendable {
        struct Context: Decodable, Sendable {
            var outstandingRequestHex: String?
            var knownEpoch: UInt32?
            var secondsSinceKnownEpoch: Int?
        }

        var direction: String
        var length: Int
        var version: UInt8
        var opcode: UInt8?
        var operation: String?
        var resultCode: UInt16?
        var epoch: UInt32?
        var lifetime: UInt32?
        var nonce: String?
        var ipProtocol: UInt8?
        var internalPort: UInt16?
        var externalPort: UInt16?
        var externalAddress: String?
        var clientAddress: String?
        var suggestedExternalPort: UInt16?
        var suggestedExternalAddress: String?
        /// What a client does with it; nothing for a request.
        var verdict: String?
        var reason: String?
        var context: Context?
    }

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The tests' own, always there.
    static let own = read(tests.appending(path: "Fixtures/pxp"))

    /// Everything that was collected, where a developer has it beside the project.
    static let collected = read(
        tests.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "shared/corpus/pxp"))

    private static func read(_ folder: URL) -> [PacketFixture] {
        let files = try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (files ?? []).filter { $0.pathExtension == "hex" }
            .sorted { $0.path < $1.path }
            .compactMap { file in
                let expectation = file.deletingPathExtension()
                    .appendingPathExtension("expected.json")
                guard let text = try? String(contentsOf: file, encoding: .utf8),
                    let facts = try? decoder.decode(
                        Expectation.self, from: Data(contentsOf: expectation))
                else { return nil }
                return PacketFixture(
                    testDescription: file.deletingPathExtension().lastPathComponent,
                    datagram: bytes(text), expectation: facts)
            }
    }
}
