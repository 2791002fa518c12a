import NATTraversal
import Testing

/// Ports of tests, whose literals are known to be none of 0.
enum TestPort {
    static func number(_ value: UInt16) throws -> PortNumber {
        try #require(PortNumber(rawValue: value))
    }
}
