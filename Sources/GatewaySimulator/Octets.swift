// The simulator lays and reads its bytes by itself: with the library's codec on both sides, a
// mistake in it would agree with itself.

/// An integer as it is sent, most significant byte first.
func octets<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) -> [UInt8] {
    stride(from: Value.bitWidth - 8, through: 0, by: -8).map {
        UInt8(truncatingIfNeeded: value >> Value($0))
    }
}

/// The number that bytes of a request make; `range` is within them.
func number<Value: FixedWidthInteger & UnsignedInteger>(
    _ bytes: [UInt8], _ range: Range<Int>
) -> Value {
    bytes[range].reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
}
