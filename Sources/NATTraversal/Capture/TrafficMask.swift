/// Masks what identifies a person or a device in what a report shows to strangers (T-13): public
/// addresses, hardware addresses, UUIDs, serial numbers, names and nonces.
///
/// The same secret has the same mask everywhere, two secrets have two, and every mask is as long as
/// what it stands for and of the same kind: documents parse as before, and an address keeps its
/// scope. Masking what is masked changes nothing. What gateways say of their make and model stays.
package struct TrafficMask {
    /// The masks of hexadecimal identifiers, by their digits in small letters.
    private var identifiers: [[UInt8]: [UInt8]] = [:]
    private var texts: [[UInt8]: [UInt8]] = [:]
    /// How many masks there are of each length.
    private var counts: [Counter: Int] = [:]
    private var octets: [[UInt8]: UInt8] = [:]
    private var groups: [[UInt16]: UInt16] = [:]
    /// What serial numbers and names were found, to be masked wherever they occur; the longest
    /// first.
    var names: [[UInt8]] = []
    /// What the gateway says of its make and model; a name within it says no more.
    var products: [[UInt8]] = []

    private enum Counter: Hashable {
        case identifier(length: Int)
        case text(length: Int)
        case octet(parent: [UInt8], digits: Int)
        case group(parent: [UInt16], digits: Int)
    }

    package init() {}

    private mutating func next(_ counter: Counter) -> Int {
        defer { counts[counter, default: 0] += 1 }
        return counts[counter, default: 0]
    }

    /// The mask of an identifier that is so many hexadecimal digits: zeros and a number.
    mutating func identifier(_ digits: [UInt8]) -> [UInt8] {
        let key = digits.map { $0 | 0x20 }
        if let mask = identifiers[key] { return mask }
        let number = String(next(.identifier(length: key.count)) + 1, radix: 16).utf8
        let mask = Array(
            (Array(repeating: UInt8(ascii: "0"), count: key.count) + number).suffix(key.count))
        identifiers[key] = mask
        return mask
    }

    /// The mask of a text: `x` for each letter and digit, and a number at the end of all but the
    /// first of a length.
    ///
    /// Punctuation, blanks and references of XML stay. Other characters than those of ASCII become
    /// one with as many octets, and octets that are no UTF-8 stay what they are, so that a document
    /// which cannot be read because of them still cannot.
    mutating func text(_ text: [UInt8]) -> [UInt8] {
        if let mask = texts[text] { return mask }
        var mask = text
        var places: [Int] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "&"),
                let end = text[index...].prefix(12).firstIndex(of: UInt8(ascii: ";"))
            {
                index = end + 1
            } else if byte.isLetterOrDigit {
                mask[index] = UInt8(ascii: "x")
                places.append(index)
                index += 1
            } else if byte >= 0x80 {
                let size = [UInt8](text[index...].prefix(4)).leadingScalarSize
                switch size {
                case 2: mask.replaceSubrange(index..<index + 2, with: [0xC3, 0xA9])
                // A byte order mark is no text.
                case 3 where text[index...].starts(with: [0xEF, 0xBB, 0xBF]): break
                case 3: mask.replaceSubrange(index..<index + 3, with: [0xE2, 0x82, 0xAC])
                case 4: mask.replaceSubrange(index..<index + 4, with: [0xF0, 0x9F, 0x98, 0x80])
                default: mask[index] = 0xFF
                }
                index += max(size, 1)
            } else {
                index += 1
            }
        }
        let number = next(.text(length: text.count)) + 1
        if number > 1 {
            for (place, digit) in zip(places.reversed(), String(number).utf8.reversed()) {
                mask[place] = digit
            }
        }
        texts[text] = mask
        return mask
    }

    /// The mask of an address: public ones keep the network of their provider, all keep their scope;
    /// IPv6 addresses of the link and unique-local ones may hold a hardware address.
    package mutating func address(_ address: IPAddress) -> IPAddress {
        switch address {
        case .v4(let address): .v4(mask(address))
        case .v6(let address):
            if let mapped = address.mappedIPv4 {
                .v6(IPv6Address(mapping: mask(mapped)))
            } else {
                .v6(mask(address))
            }
        }
    }

    private mutating func mask(_ address: IPv4Address) -> IPv4Address {
        guard address.scope == .public else { return address }
        let whole = address.octets
        var masked = whole
        for index in 2..<4 {
            let parent = Array(whole[...index])
            if let known = octets[parent] {
                masked[index] = known
                continue
            }
            // As many digits as before, so that texts stay as long.
            let digits = String(whole[index]).count
            let candidates = Self.octets(digits).filter { candidate in
                let tail = index == 2 ? [candidate, 1] : [candidate]
                return IPAddress(octets: Array(masked[..<index]) + tail)?.scope == .public
            }
            let number = next(.octet(parent: Array(whole[..<index]), digits: digits))
            masked[index] = candidates.isEmpty ? 0 : candidates[number % candidates.count]
            octets[parent] = masked[index]
        }
        return IPv4Address(rawValue: masked.reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// The octets that are written in so many digits.
    private static func octets(_ digits: Int) -> [UInt8] {
        switch digits {
        case 1: Array(1...9) + [0]
        case 2: Array(10...99)
        default: Array(100...255)
        }
    }

    private mutating func mask(_ address: IPv6Address) -> IPv6Address {
        guard let kept = address.groupsToKeep else { return address }
        let whole = address.groups
        var masked = whole
        // A zero stays, so that the short form of the address is as long as before.
        for index in kept..<8 where whole[index] != 0 {
            let parent = Array(whole[...index])
            if let known = groups[parent] {
                masked[index] = known
                continue
            }
            let digits = String(whole[index], radix: 16).count
            let least: Int = digits == 1 ? 1 : 1 << (4 * (digits - 1))
            let number = next(.group(parent: Array(whole[..<index]), digits: digits))
            masked[index] = UInt16(least + number % ((1 << (4 * digits)) - least))
            groups[parent] = masked[index]
        }
        return IPv6Address(rawValue: masked.reduce(0) { $0 << 16 | UInt128($1) })
    }
}

extension IPv6Address {
    /// How many groups at the beginning tell nobody from others; `nil` when that holds for all.
    fileprivate var groupsToKeep: Int? {
        switch scope {
        case .public: 2
        case .uniqueLocal: 1
        case .linkLocal: 4
        default: nil
        }
    }
}

extension UInt8 {
    /// Whether this is an ASCII letter or digit.
    var isLetterOrDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension [UInt8] {
    /// The octets of the character at the beginning; 0 when there is none in UTF-8.
    fileprivate var leadingScalarSize: Int {
        (1...4).first { size in
            size <= count && String(validating: self[..<size], as: UTF8.self) != nil
        } ?? 0
    }
}
