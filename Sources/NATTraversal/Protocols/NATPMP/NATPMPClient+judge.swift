extension NATPMPClient {
    /// Whether a datagram answers `request` (RFC 6886, section 3; N-5, N-6).
    static func judge(
        _ payload: [UInt8], for request: NATPMPRequest
    ) -> Verdict<NATPMPResponse> {
        // A PCP server that does not speak version 0 says so in its own format (RFC 6887,
        // appendix A), or answers the PCP question beside this one.
        if payload.count >= PCPLimits.versionError, payload[0] == 2,
            payload[3] == 1 || payload[1] == 0x80
        {
            return .answer(.unsupportedVersion)
        }
        do throws(WireError) {
            let response = try NATPMPResponse(parsing: payload)
            if response.result == .unsupportedVersion, response.opcode == 0 {
                return .answer(response)
            }
            guard response.opcode == request.opcode + 128 else {
                return .mismatch("opcode \(response.opcode) for \(request.opcode)")
            }
            if case .map(_, let asked, _, _) = request, let answered = response.internalPort,
                answered != asked
            {
                return .mismatch("it answered for another port, \(answered) instead of \(asked)")
            }
            return .answer(response)
        } catch {
            return .mismatch(error.description)
        }
    }
}

extension NATPMPResponse {
    /// A gateway that speaks PCP alone.
    fileprivate static var unsupportedVersion: NATPMPResponse {
        NATPMPResponse(
            opcode: 0, result: .unsupportedVersion, epochSeconds: nil,
            body: .failure(internalPort: nil))
    }

    fileprivate init(opcode: UInt8, result: NATPMPResult, epochSeconds: UInt32?, body: Body) {
        self.opcode = opcode
        self.result = result
        self.epochSeconds = epochSeconds
        self.body = body
    }

    /// The internal port the answer is for, where it tells.
    fileprivate var internalPort: UInt16? {
        switch body {
        case .externalAddress: nil
        case .mapping(let internalPort, _, _): internalPort
        case .failure(let internalPort): internalPort
        }
    }
}
