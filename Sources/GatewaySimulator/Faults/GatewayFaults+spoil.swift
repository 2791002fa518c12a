extension GatewayFaults.Corruption {
    /// The answer with this fault in it; one that has no such field stays as it is.
    func spoil(_ answer: [UInt8]) -> [UInt8] {
        var spoilt = answer
        let isPCP = answer.first == 2
        switch self {
        case .truncated: spoilt.removeLast(answer.count / 2)
        case .oversized:
            spoilt.append(contentsOf: repeatElement(0, count: max(0, 1104 - answer.count)))
        case .wrongVersion: flip(0, bits: 1, in: &spoilt)
        case .wrongOpcode: flip(1, bits: 3, in: &spoilt)
        case .wrongNonce: if isPCP { flip(35, bits: 1, in: &spoilt) }
        case .wrongInternalPort: flip(isPCP ? 41 : 9, bits: 1, in: &spoilt)
        case .responseBitClear: flip(1, bits: 0x80, in: &spoilt)
        case .unaligned: spoilt += [0, 0, 0]
        }
        return spoilt
    }

    private func flip(_ index: Int, bits: UInt8, in bytes: inout [UInt8]) {
        if bytes.indices.contains(index) { bytes[index] ^= bits }
    }
}
