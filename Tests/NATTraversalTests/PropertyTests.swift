import Foundation
import Testing

@testable import NATTraversal

/// What `Fuzz` tries for hours, tried for a moment: each property on its fixtures, and on copies of
/// them that are cut and damaged.
@Suite("Properties that hold for all bytes") struct PropertyTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var property: Property
        var file: String
        var bytes: [UInt8]
        var testDescription: String { "\(property.name): \(file)" }
    }

    private static let samples = Property.all.flatMap { property in
        property.fixtures.flatMap { folder in
            inputs(in: folder).map { Sample(property: property, file: $0.name, bytes: $0.bytes) }
        }
    }

    /// A folder's fixtures: files of hexadecimal digits as the bytes they say, others as they are.
    private static func inputs(in folder: String) -> [(name: String, bytes: [UInt8])] {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/\(folder)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.sorted().filter { !$0.hasSuffix(".expected.json") }.compactMap { name in
            guard let data = try? Data(contentsOf: url.appending(path: name)) else { return nil }
            let isHexadecimal = name.hasSuffix(".hex")
            return (
                name, isHexadecimal ? bytes(String(decoding: data, as: UTF8.self)) : Array(data)
            )
        }
    }

    @Test("have inputs to begin with", arguments: Property.all.map { $0.name })
    func hasInputs(name: String) {
        #expect(Self.samples.contains { $0.property.name == name })
    }

    @Test("hold for the fixtures, whole and cut at every length", arguments: samples)
    func holdsWhenCut(sample: Sample) throws {
        let count = sample.bytes.count
        // Where it is long, at some places only: a debug build reads slowly.
        let lengths =
            Array(0..<min(count, 300))
            + stride(from: 300, to: count, by: max(1, count / 20)) + [count]
        for length in lengths { try sample.property.check(Array(sample.bytes.prefix(length))) }
    }

    @Test("hold for the fixtures with bytes changed, doubled and left out", arguments: samples)
    func holdsWhenDamaged(sample: Sample) throws {
        var generator = SplitMix(state: UInt64(sample.bytes.count))
        for _ in 0..<(sample.bytes.count > 10_000 ? 1 : 24) {
            try sample.property.check(damaged(sample.bytes, &generator))
        }
    }

    private func damaged(_ original: [UInt8], _ generator: inout SplitMix) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = .random(in: .min ... .max, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.insert(bytes[place], at: place)
            default: bytes.remove(at: place)
            }
        }
        return bytes
    }

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
}
