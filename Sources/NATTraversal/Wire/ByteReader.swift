/// Bytes from the network that are not the message they should be.
struct WireError: Error, Hashable, CustomStringConvertible {
    /// The field at which reading stopped.
    var field: String
    /// What was expected there, or that the message ends before it.
    var problem: String

    var description: String { "\(field): \(problem)" }
}

/// Reads a message from the front, big-endian; every read checks the bounds and names its field.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// How many bytes are left.
    var count: Int { rest.count }

    /// Reads an integer of the width of the place it goes to.
    mutating func read<Value: FixedWidthInteger & UnsignedInteger>(
        _ field: String
    ) throws(WireError) -> Value {
        try read(count: Value.bitWidth / 8, field).reduce(0) { value, byte in
            value << 8 | Value(truncatingIfNeeded: byte)
        }
    }

    /// Reads `count` bytes as they are.
    mutating func read(count: Int, _ field: String) throws(WireError) -> ArraySlice<UInt8> {
        guard rest.count >= count else {
            throw WireError(field: field, problem: "the message ends before it")
        }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Reads one byte that must have this value.
    mutating func expect(_ value: UInt8, _ field: String) throws(WireError) {
        let found: UInt8 = try read(field)
        guard found == value else {
            throw WireError(field: field, problem: "\(found) instead of \(value)")
        }
    }
}

extension [UInt8] {
    /// Appends an integer, most significant byte first.
    mutating func append<Value: FixedWidthInteger & UnsignedInteger>(bigEndian value: Value) {
        for shift in stride(from: Value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }

    /// Appends `count` zero bytes.
    mutating func appendZeros(_ count: Int) {
        append(contentsOf: repeatElement(0, count: count))
    }
}
