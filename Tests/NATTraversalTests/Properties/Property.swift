@testable import NATTraversal

/// A property that must hold for all bytes: of a reader, that it neither traps nor reads anything
/// other than what is there; of a decision, that it ends and leaves no mapping behind.
///
/// This folder is compiled twice: the tests try each property on fixtures and on damaged copies of
/// them, and `Fuzz` runs it under libFuzzer.
package struct Property: Sendable {
    /// The name on the command line and of the folder of its own fixtures.
    package let name: String
    /// The longest input that is worth trying, in bytes.
    package let sizeLimit: Int
    /// The folders under `Fixtures` whose files are the first inputs.
    package let fixtures: [String]
    /// Tries one input.
    ///
    /// - Throws: `Violation` when the property does not hold.
    package let check: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, sizeLimit: Int, fixtures: [String] = [],
        check: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.sizeLimit = sizeLimit
        self.fixtures = fixtures + ["fuzz/\(name)"]
        self.check = check
    }

    /// All of them.
    package static let all = [
        natpmp, pcp, pcpRequest, ssdp, description, scpd, soap, soapRequest, portListing, http, url,
        address, netlink, procFiles, json, leaseFile, gatewayMemory, ladder,
    ]
}

/// The rule that did not hold.
package struct Violation: Error, CustomStringConvertible {
    package let description: String
}

/// Demands that a rule holds.
func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws {
    if !holds { throw Violation(description: rule()) }
}

/// The input as a sequence of choices; when it has ended, all further choices are 0.
struct Script {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isOver: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    mutating func number() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

    mutating func octets(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    mutating func port() -> PortNumber { PortNumber(rawValue: number()) ?? 8080 }

    /// The rest as text; what is no UTF-8 is replaced.
    func text() -> String { String(decoding: rest, as: UTF8.self) }

    /// The rest as texts with NUL between them.
    func texts() -> [String] {
        rest.split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
