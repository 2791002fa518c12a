import Testing

@testable import NATTraversal

/// Every reader of bytes from the network on damaged messages: never a trap, never over a limit.
@Suite("Damaged messages") struct HostileBytesTests {
    /// The same numbers in every run.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private static let kinds = ["desc", "scpd", "soap", "ssdp", "http"]
    private static let items = kinds.flatMap { kind in
        Corpus.items(kind).map { Sample(kind: kind, item: $0) }
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        var kind: String
        var item: CorpusItem
        var testDescription: String { "\(kind)/\(item.name)" }
    }

    /// Reads the bytes as what they may be; the answer does not matter, that there is one does.
    private func read(_ bytes: [UInt8], as kind: String) throws {
        switch kind {
        case "desc":
            let location = try HTTPURL("http://192.168.1.1:5000/a/d.xml")
            guard let description = try? DeviceDescription(parsing: bytes, from: location) else {
                return
            }
            #expect(description.services.count <= DeviceDescription.serviceLimit)
            // Whatever the damage, nobody else is talked to.
            for service in description.services {
                for url in [service.control, service.scpd, service.event].compactMap(\.url) {
                    #expect(url.host == location.host)
                }
            }
        case "scpd": _ = try? SCPD(parsing: bytes)
        case "soap": _ = try? SOAPAnswer(parsing: bytes, limits: .action)
        case "ssdp":
            guard let message = SSDPMessage(parsing: bytes) else { return }
            let source = SocketAddress.test("192.168.1.1")
            let url = SSDPLocation(message.location, from: source).url
            #expect(url.map { $0.host == source.address } ?? true)
        default:
            var reader = HTTPResponseReader(bodyLimit: 4096)
            _ = try? reader.receive(bytes)
            _ = try? reader.receiveEnd()
            #expect((reader.response?.body.count ?? 0) <= 4096)
        }
    }

    @Test("cut at every length", arguments: items) func cut(sample: Sample) throws {
        let bytes = sample.item.bytes
        // Where it is long, at some places only: a debug build reads slowly.
        let lengths =
            Array(0..<min(bytes.count, 300))
            + stride(from: 300, to: bytes.count, by: max(1, bytes.count / 20))
        for length in lengths {
            try read(Array(bytes.prefix(length)), as: sample.kind)
        }
    }

    @Test("with bytes changed, doubled and left out", arguments: items)
    func damaged(sample: Sample) throws {
        var generator = SplitMix(state: UInt64(sample.item.bytes.count))
        for _ in 0..<(sample.item.bytes.count > 10_000 ? 1 : 12) {
            var bytes = sample.item.bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = .random(in: .min ... .max, using: &generator)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: bytes.insert(bytes[place], at: place)
                default: bytes.remove(at: place)
                }
            }
            try read(bytes, as: sample.kind)
        }
    }
}
