/// What a simulated gateway does wrong; nothing, to begin with.
package struct GatewayFaults: Sendable {
    /// How many of a hundred datagrams are lost, each way.
    package var lossPercent = 0
    /// How long each answer is held back, a search's excepted; later ones do not wait for it.
    package var delay = Duration.zero
    /// How much longer the answer to each operation is held back; it is carried out at once.
    package var answerDelays: [GatewayOperation: Duration] = [:]
    /// How long each request occupies the gateway; later ones queue behind it.
    package var processingTime = Duration.zero
    /// How many more times each answer is sent.
    package var duplicates = 0
    /// Where answers come from.
    package var answerSource = AnswerSource.gateway
    /// How the bytes of answers are spoilt.
    package var corruption: Corruption?
    /// Whether a spoilt answer is followed by the good one.
    package var corruptsOnlyFirstCopy = false
    /// Which requests are not answered; they are not carried out either.
    package var silence = Silence.none
    /// How each operation is refused.
    package var refusals: [GatewayOperation: Refusal] = [:]
    /// How the next renewals by PCP and NAT-PMP are refused; `nil` when they are not.
    package var renewalRefusal: Refusal?
    /// Whether PCP refuses a mapping with CANNOT_PROVIDE_EXTERNAL when 0.0.0.0 is the address
    /// suggested (N-17).
    package var refusesAnyAddress = false
    /// Whether NAT-PMP deletes a mapping only when its external port is named, and otherwise
    /// refuses with Network Failure.
    package var deletesOnlyByGrantedPort = false
    /// The lifetime of PCP's errors in seconds, unless a refusal has its own; `nil` for 1800 or 30,
    /// as the result wants.
    package var errorLifetimeSeconds: UInt32?
    /// Whether PCP's errors are the header alone, 24 bytes.
    package var sendsHeaderOnlyErrors = false
    /// Whether mappings are granted and not made.
    package var grantsWithoutMapping = false
    /// Which external port is granted.
    package var grantedPort = GrantedPort.asSuggested
    /// The lifetime granted whatever was asked for, in seconds.
    package var grantedLifetimeSeconds: UInt32?
    /// Whether a restart leaves the epoch as it is.
    package var keepsEpoch = false
    /// How fast the epoch runs: 1 is right, 0 stands still, less runs backwards.
    package var epochRate = 1.0
    /// What it does wrong in UPnP.
    package var upnp = UPnPFaults()
    /// Its faults over IPv6.
    package var pinholes = PinholeFaults()

    /// A gateway that behaves.
    package init() {}

    /// How something is refused, and how often.
    package struct Refusal: Sendable, Equatable, ExpressibleByIntegerLiteral {
        /// The result code.
        package var code: UInt16
        /// PCP's lifetime of the refusal; `nil` for the one that all errors have.
        package var lifetimeSeconds: UInt32?
        /// How many requests are still refused; `nil` for all.
        package var count: Int?

        /// A refusal of so many requests, of all without a count.
        package init(code: UInt16, lifetimeSeconds: UInt32? = nil, count: Int? = nil) {
            self.code = code
            self.lifetimeSeconds = lifetimeSeconds
            self.count = count
        }

        /// A refusal of every request with this code.
        package init(integerLiteral code: UInt16) { self.init(code: code) }

        /// Whether the next request is refused, which counts as one.
        mutating func applies() -> Bool {
            guard let count else { return true }
            self.count = max(0, count - 1)
            return count > 0
        }
    }

    /// The refusal that the next request for `operation` gets.
    mutating func refusal(of operation: GatewayOperation) -> Refusal? {
        refusals[operation]?.applies() == true ? refusals[operation] : nil
    }

    /// Where answers come from.
    package enum AnswerSource: String, Sendable, CaseIterable {
        case gateway
        case anotherPort = "another-port"
        case anotherAddress = "another-address"
    }

    /// How the bytes of an answer are spoilt.
    package enum Corruption: String, Sendable, CaseIterable {
        /// Cut to half its length.
        case truncated
        /// Filled up to 1104 bytes, where 1100 are allowed.
        case oversized
        case wrongVersion = "wrong-version"
        case wrongOpcode = "wrong-opcode"
        case wrongNonce = "wrong-nonce"
        case wrongInternalPort = "wrong-internal-port"
        /// The request bit stands where the response bit should.
        case responseBitClear = "response-bit-clear"
        /// Three bytes longer, so that the length is no multiple of four.
        case unaligned
    }

    /// Which requests are not answered.
    package enum Silence: String, Sendable, CaseIterable {
        case none
        /// Version 2 alone.
        case pcp
        /// Version 0 alone.
        case natPMP = "nat-pmp"
        case all

        /// Whether a request of this version goes unanswered.
        func covers(version: UInt8?) -> Bool {
            switch self {
            case .none: false
            case .pcp: version == 2
            case .natPMP: version == 0
            case .all: true
            }
        }
    }

    /// Which external port is granted.
    package enum GrantedPort: String, Sendable, CaseIterable {
        case asSuggested = "as-suggested"
        /// Never the one suggested.
        case another
        /// Success with port 0, and no mapping.
        case zero
    }
}

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
