import NATTraversal

/// The options of a MAP request (RFC 6887, sections 7.3 and 13).
struct PCPOptions {
    /// The address in whose name the client asks.
    var thirdParty: IPv6Address?
    var prefersFailure = false
    /// In the order sent; a prefix of 0 bits clears those before it.
    var filters: [PeerFilter] = []
    var description: [UInt8]?
    /// The options that were understood, as they were sent.
    var processed: [UInt8] = []

    /// Reads what follows the opcode's data.
    ///
    /// - Throws: the refusal that RFC 6887 wants.
    init(parsing bytes: ArraySlice<UInt8>, isDelete: Bool) throws(PCPResult) {
        var rest = Array(bytes)
        var seen: Set<UInt8> = []
        while !rest.isEmpty {
            guard rest.count >= 4 else { throw .malformedOption }
            let length = Int(number(rest, 2..<4) as UInt16)
            let padded = (length + 3) / 4 * 4
            guard rest.count >= 4 + padded else { throw .malformedOption }
            let code = rest[0]
            // FILTER alone may come more than once.
            guard seen.insert(code).inserted || code == 3 else { throw .malformedOption }
            if try read(code, Array(rest[4..<4 + length]), isDelete: isDelete) {
                processed += rest[..<(4 + padded)]
            }
            rest.removeFirst(4 + padded)
        }
    }

    /// Takes one option in; `false` when it is not known and need not be.
    private mutating func read(
        _ code: UInt8, _ data: [UInt8], isDelete: Bool
    ) throws(PCPResult) -> Bool {
        switch (code, data.count) {
        case (1, 16): thirdParty = IPv6Address(rawValue: number(data, 0..<16))
        case (2, 0) where !isDelete: prefersFailure = true
        case (3, 20) where !isDelete: filters.append(try Self.filter(data))
        case (128, 0...1016):
            guard !data.contains(0) else { throw .malformedOption }
            description = data
        case (1...3, _), (128, _): throw .malformedOption
        case (128..., _): return false
        default: throw .unsupportedOption
        }
        return true
    }

    private static func filter(_ data: [UInt8]) throws(PCPResult) -> PeerFilter {
        let filter = PeerFilter(
            IPv6Address(rawValue: number(data, 4..<20)), prefixLength: data[1],
            port: number(data, 2..<4))
        let shortest: UInt8 = filter.address.mappedIPv4 == nil ? 1 : 96
        guard filter.prefixLength == 0 || (shortest...128).contains(filter.prefixLength) else {
            throw .malformedOption
        }
        return filter
    }
}
