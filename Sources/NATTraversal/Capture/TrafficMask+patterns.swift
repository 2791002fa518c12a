extension TrafficMask {
    /// Masks what can be told by its form, and the names that were found: UUIDs, hardware addresses,
    /// long hexadecimal numbers, addresses, and hosts of URLs that are no addresses.
    ///
    /// - Parameters:
    ///   - text: what to mask.
    ///   - isProduct: whether it tells the make of a device: there a dotted number is a version, and
    ///     a URL the manufacturer's.
    /// - Returns: a text of the same length.
    mutating func patterns(_ text: some Collection<UInt8>, isProduct: Bool = false) -> [UInt8] {
        var bytes = Array(text)
        let firsts = Set(names.compactMap { $0.first?.asciiLowercased })
        var index = 0
        while index < bytes.count {
            let end =
                (firsts.contains(bytes[index].asciiLowercased) ? name(in: &bytes, at: index) : nil)
                ?? identifier(in: &bytes, at: index)
                ?? (isProduct ? nil : host(in: &bytes, at: index))
                ?? address(in: &bytes, at: index, isProduct: isProduct)
            index = end ?? index + 1
        }
        return bytes
    }

    /// The same for a whole text.
    package mutating func patterns(_ text: String) -> String {
        String(decoding: patterns(text.utf8), as: UTF8.self)
    }

    /// Masks a name that was found elsewhere; where it ends, `nil` when there is none here.
    private mutating func name(in bytes: inout [UInt8], at start: Int) -> Int? {
        let name = names.first { name in
            bytes[start...].startsIgnoringCase(with: name)
                // A number may stand amid other characters; a word would be a part of another one.
                && (name.contains(where: \.isDigit) || bytes.isWord(start..<start + name.count))
        }
        guard let name else { return nil }
        let end = start + name.count
        bytes.replaceSubrange(start..<end, with: nameMask(name))
        return end
    }

    /// The mask of a name or a serial number.
    mutating func nameMask(_ name: [UInt8]) -> [UInt8] {
        let digits = name.filter { $0.hexadecimalValue != nil }
        let isIdentifier =
            digits.count >= Self.leastIdentifier
            && name.allSatisfy { $0.hexadecimalValue != nil || [0x2D, 0x3A].contains($0) }
        guard isIdentifier else { return text(name) }
        return name.settingDigits(identifier(digits))
    }

    /// A run of so many hexadecimal digits is taken for a device's.
    private static let leastIdentifier = 12

    /// Masks a UUID, a hardware address, a long hexadecimal number, or what follows `uuid:`.
    private mutating func identifier(in bytes: inout [UInt8], at start: Int) -> Int? {
        if bytes[start...].startsIgnoringCase(with: Array("uuid:".utf8)) {
            let token = bytes[(start + 5)...].prefix { !Self.tokenEnds.contains($0) }
            guard !token.isEmpty else { return nil }
            bytes.replaceSubrange(token.indices, with: nameMask(Array(token)))
            return token.endIndex
        }
        guard bytes[start].hexadecimalValue != nil,
            start == 0 || bytes[start - 1].hexadecimalValue == nil
        else { return nil }
        let run = bytes[start...].prefix { $0.hexadecimalValue != nil }
        var end = run.count >= Self.leastIdentifier ? run.endIndex : nil
        for lengths in [[8, 4, 4, 4, 12], [2, 2, 2, 2, 2, 2]] {
            end = bytes.endOfGroups(lengths, at: start) ?? end
        }
        guard let end else { return nil }
        let whole = Array(bytes[start..<end])
        let digits = whole.filter { $0.hexadecimalValue != nil }
        bytes.replaceSubrange(start..<end, with: whole.settingDigits(identifier(digits)))
        return end
    }

    private static let tokenEnds = Set(" \t\r\n:,;/<>\"'&".utf8)

    /// Masks the host of a URL where that is a name, and the user before it.
    private mutating func host(in bytes: inout [UInt8], at start: Int) -> Int? {
        guard bytes[start...].starts(with: "//".utf8) else { return nil }
        let authority = bytes[(start + 2)...].prefix { !Self.authorityEnds.contains($0) }
        var rest = authority
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            let user = authority[..<at]
            bytes.replaceSubrange(user.indices, with: text(Array(user)))
            rest = authority[(at + 1)...]
        }
        let host = rest.prefix { $0 != UInt8(ascii: ":") }
        let isName =
            host.first != UInt8(ascii: "[") && host.contains { $0.isLetterOrDigit && !$0.isDigit }
        let isStandard = Self.standardHosts.contains { suffix in
            host.reversed().starts(with: suffix.utf8.reversed())
        }
        if isName, !isStandard {
            bytes.replaceSubrange(host.indices, with: text(Array(host)))
            return host.endIndex
        }
        // The address is the next to be looked at.
        return rest.startIndex
    }

    private static let authorityEnds = Set(" \t\r\n/?#<>\"'&,;".utf8)

    /// Whose hosts name documents and name spaces.
    private static let standardHosts = [
        "w3.org", "xmlsoap.org", "upnp.org", "openconnectivity.org", "microsoft.com",
    ]

    /// Masks an address of either family, and what looks like one of IPv4 and is not.
    private mutating func address(
        in bytes: inout [UInt8], at start: Int, isProduct: Bool
    ) -> Int? {
        if start > 0, bytes[start - 1].isLetterOrDigit || bytes[start - 1] == UInt8(ascii: ".") {
            return nil
        }
        let dotted = bytes[start...].prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
        let isDotted = dotted.count { $0 == UInt8(ascii: ".") } >= 3
        if isDotted, !isProduct {
            let token = dotted.trimmingSuffix { $0 == UInt8(ascii: ".") }
            let plain = String(decoding: token, as: UTF8.self)
            if let address = IPv4Address(plain) {
                let mask = self.address(.v4(address)).description
                bytes.replaceSubrange(token.indices, with: mask.utf8)
            } else if token.count(where: { $0 == UInt8(ascii: ".") }) == 3 {
                bytes.replaceSubrange(token.indices, with: text(Array(token)))
            }
            return token.endIndex
        }
        let token = bytes[start...].prefix {
            $0.hexadecimalValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }.trimmingSuffix { $0 == UInt8(ascii: ".") }
        guard token.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else { return nil }
        let plain = String(decoding: token, as: UTF8.self)
        guard let address = IPv6Address(plain) else { return nil }
        bytes.replaceSubrange(token.indices, with: masked(address, writtenAs: Array(token)))
        return token.endIndex
    }

    /// The mask of an IPv6 address, written like the address itself.
    private mutating func masked(_ address: IPv6Address, writtenAs text: [UInt8]) -> [UInt8] {
        guard case .v6(let mask) = self.address(.v6(address)) else { return text }
        let fields = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let gap = fields.dropFirst().dropLast().firstIndex { $0.isEmpty }
        let hasTail = fields.last?.contains(UInt8(ascii: ".")) == true
        let behind = fields.count + (hasTail ? 1 : 0)
        var written: [[UInt8]] = []
        for (index, field) in fields.enumerated() {
            // Behind `::` the groups count from the end.
            let group = gap.map { index > $0 } == true ? 8 - behind + index : index
            if field.contains(UInt8(ascii: ".")) {
                let tail = IPv4Address(rawValue: UInt32(truncatingIfNeeded: mask.rawValue))
                written.append(Array(tail.description.utf8))
            } else if field.isEmpty || !(0..<8).contains(group) {
                written.append(Array(field))
            } else {
                let digits = Array(String(mask.groups[group], radix: 16).utf8)
                written.append(
                    Array(
                        (Array(repeating: UInt8(ascii: "0"), count: 4) + digits)
                            .suffix(field.count)))
            }
        }
        return Array(written.joined(separator: [UInt8(ascii: ":")]))
    }
}

extension [UInt8] {
    /// Where hexadecimal groups of these lengths end, which `-` or, for hardware addresses, `:`
    /// separates.
    fileprivate func endOfGroups(_ lengths: [Int], at start: Int) -> Int? {
        let separators = lengths[0] == 2 ? "-:".utf8.map(\.self) : [UInt8(ascii: "-")]
        var index = start
        var separator: UInt8?
        for (number, length) in lengths.enumerated() {
            if number > 0 {
                guard index < count, separators.contains(self[index]),
                    self[index] == separator ?? self[index]
                else { return nil }
                separator = self[index]
                index += 1
            }
            guard index + length <= count,
                self[index..<index + length].allSatisfy({ $0.hexadecimalValue != nil })
            else { return nil }
            index += length
        }
        let isOver = index == count || self[index].hexadecimalValue == nil
        return isOver ? index : nil
    }

    /// Whether no letter or digit stands beside this range.
    fileprivate func isWord(_ range: Range<Int>) -> Bool {
        (range.lowerBound == 0 || !self[range.lowerBound - 1].isLetterOrDigit)
            && (range.upperBound == count || !self[range.upperBound].isLetterOrDigit)
    }

    /// The same text with other hexadecimal digits in place of its own.
    fileprivate func settingDigits(_ digits: [UInt8]) -> [UInt8] {
        var rest = digits[...]
        return map { $0.hexadecimalValue == nil ? $0 : rest.popFirst() ?? $0 }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func startsIgnoringCase(with text: [UInt8]) -> Bool {
        count >= text.count
            && zip(self, text).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    fileprivate func trimmingSuffix(while isTrimmed: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        self[..<(lastIndex { !isTrimmed($0) }.map { $0 + 1 } ?? startIndex)]
    }
}
