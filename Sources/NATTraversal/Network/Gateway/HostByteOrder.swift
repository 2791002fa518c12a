/// The kernel writes netlink messages in the machine's byte order, and pads their elements to
/// multiples of 4 bytes (netlink(7)).
extension ByteReader {
    /// Reads an integer in this machine's byte order.
    mutating func readHostOrder<Value: FixedWidthInteger & UnsignedInteger>(
        _ field: String
    ) throws(WireError) -> Value {
        Value(bigEndian: try read(field))
    }

    /// Reads the rest of an element, and its padding unless the data end there.
    ///
    /// - Parameters:
    ///   - length: the length the element states, with its header, without padding.
    ///   - header: how many of its bytes have been read.
    ///   - field: names the element in an error.
    /// - Returns: the element without its header.
    /// - Throws: `WireError` when the length is less than the header or reaches past the end.
    mutating func readRest(
        of length: Int, after header: Int, _ field: String
    ) throws(WireError) -> ArraySlice<UInt8> {
        guard length >= header else {
            throw WireError(field: field, problem: "its length of \(length) is too short")
        }
        let body = try read(count: length - header, field)
        _ = try read(count: min(-length & 3, count), "padding")
        return body
    }
}

extension [UInt8] {
    /// Appends an integer in this machine's byte order.
    mutating func append<Value: FixedWidthInteger & UnsignedInteger>(hostOrder value: Value) {
        append(bigEndian: value.bigEndian)
    }
}
