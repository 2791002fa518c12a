extension Sequence<UInt8> {
    /// The octets as two hexadecimal digits each, in small letters.
    package var hexadecimal: String {
        var text = ""
        for octet in self {
            if octet < 16 { text += "0" }
            text += String(octet, radix: 16)
        }
        return text
    }
}

extension [UInt8] {
    /// Reads what `hexadecimal` writes, in letters of either case; `nil` for anything else.
    package init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self.init()
        reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index].hexadecimalValue,
                let low = digits[index + 1].hexadecimalValue
            else { return nil }
            append(high << 4 | low)
        }
    }
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit of either case; `nil` for any other byte.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
