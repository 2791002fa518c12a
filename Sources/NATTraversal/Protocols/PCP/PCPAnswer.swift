/// The gateway's answer to a PCP request, whatever protocol it uses.
enum PCPAnswer: Hashable, Sendable {
    case response(PCPResponse)
    /// The gateway speaks another version: 0 is NAT-PMP (RFC 6887, section 9).
    case otherVersion(UInt8)
    /// The gateway answered the NAT-PMP request sent beside this one, but not this one.
    case natpmpAlone

    /// Whether it is a success.
    var isGood: Bool {
        if case .response(let response) = self { response.result == .success } else { false }
    }

    /// Whether a datagram answers `request`: version errors first, because such answers may be 8
    /// bytes long with the response bit clear (N-1), then length, opcode, and what was asked.
    ///
    /// With `knowsPCP` the gateway is known to speak PCP, so a NAT-PMP response must be a late one.
    static func judge(
        _ payload: [UInt8], for request: PCPRequest, knowsPCP: Bool = false
    ) -> Verdict<PCPAnswer> {
        if payload.starts(with: [0, 128]), payload.count == 12 {
            return knowsPCP ? .mismatch("a NAT-PMP answer") : .answer(.natpmpAlone)
        }
        if let version = otherVersion(in: payload) { return .answer(.otherVersion(version)) }
        do throws(WireError) {
            let response = try PCPResponse(parsing: payload)
            return judge(response, for: request)
        } catch {
            return .mismatch(error.description)
        }
    }

    /// The version that a version error names.
    private static func otherVersion(in payload: [UInt8]) -> UInt8? {
        guard payload.count >= PCPLimits.versionError, payload[0] != 2 else { return nil }
        return payload[2] == 0 && payload[3] == 1 ? payload[0] : nil
    }

    private static func judge(
        _ response: PCPResponse, for request: PCPRequest
    ) -> Verdict<PCPAnswer> {
        switch (response.operation, request.operation) {
        case (.announce, .announce):
            return .answer(.response(response))
        case (.map(let answered), .map(let asked)):
            return answered.mismatch(with: asked).map { .mismatch($0) }
                ?? .answer(.response(response))
        case (.headerOnly(let opcode), _) where opcode == request.operation.opcode:
            // There is no nonce to check: anyone on the link can forge this (T-5).
            return .weakAnswer(.response(response))
        default:
            return .mismatch("another opcode")
        }
    }
}

extension PCPMapping {
    /// Why this does not answer that request; `nil` if it does.
    fileprivate func mismatch(with asked: PCPMapping) -> String? {
        if nonce != asked.nonce { return "it answered with another nonce" }
        if protocolNumber != asked.protocolNumber { return "it answered for another transport" }
        if internalPort != asked.internalPort {
            return "it answered for another port, \(internalPort) instead of \(asked.internalPort)"
        }
        return nil
    }
}
