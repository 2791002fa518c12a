import Logging

extension PCPClient {
    /// Asks whether PCP is there, and tells the server's epoch.
    func announce(_ limit: AskLimit) async throws -> UInt32 {
        let request = PCPRequest(operation: .announce, clientAddress: socket.local.address)
        var window = RequestWindow(
            [.init(payload: request.encoded, judge: { PCPAnswer.judge($0, for: request) })],
            limit: 1)
        let failure = try await socket.ask(&window, limit)
        return try success(
            in: window.answers[0], failure ?? silence(window.mismatch, limit.budget)
        ).epochSeconds
    }

    /// Maps many, each with its own outcome.
    ///
    /// - Parameters:
    ///   - requests: what to map.
    ///   - asksNATPMP: whether a gateway that is silent is asked by NAT-PMP as well, so that one that
    ///     is deaf to PCP is found out.
    ///   - limit: how long it may take.
    /// - Throws: `CancellationError`.
    /// - Returns: an outcome for each request.
    func map(
        _ requests: [PCPMapRequest], asksNATPMP: Bool = false, _ limit: AskLimit
    ) async throws -> [Result<Grant, PortMapperError>] {
        try await ask(requests, asksNATPMP: asksNATPMP, limit).map { $0.flatMap(grant(in:)) }
    }

    /// Deletes many, each with its own outcome.
    func unmap(
        _ requests: [PCPMapRequest], _ limit: AskLimit
    ) async throws -> [Result<Void, PortMapperError>] {
        try await ask(requests, limit).map { outcome in
            switch outcome {
            case .success:
                return .success(())
            case .failure(.refused(let refusal)) where GatewayReaction(to: refusal).meansAbsence:
                log.debug(
                    "\(socket.gateway): the delete was not confirmed; probably nothing there")
                return .success(())
            case .failure(let error):
                return .failure(error)
            }
        }
    }

    private func ask(
        _ requests: [PCPMapRequest], asksNATPMP: Bool = false, _ limit: AskLimit
    ) async throws -> [Result<PCPResponse, PortMapperError>] {
        let knowsPCP = socket.knowsPCP
        // Some gateways are deaf to version 2 and answer NAT-PMP alone.
        let companion =
            asksNATPMP && !knowsPCP && socket.local.address.family == .ipv4
            ? NATPMPRequest.externalAddress.encoded : nil
        let client = socket.local.address
        var window = RequestWindow<PCPAnswer>(
            requests.map { map in
                let request = map.request(from: client)
                if map.lifetimeSeconds > 0 { socket.resume(delete(of: map)) }
                return .init(
                    payload: request.encoded, companion: companion, sendLimit: limit.sendLimit,
                    key: PCPMapRequest.key(of: request.encoded),
                    judge: { PCPAnswer.judge($0, for: request, knowsPCP: knowsPCP) })
            }, limit: Self.window, keyOf: PCPMapRequest.key)
        let failure = try await socket.ask(&window, limit)
        for (request, answer) in zip(requests, window.answers) where answer == .natpmpAlone {
            withdraw(request)
        }
        let missing = failure ?? silence(window.mismatch, limit.budget)
        return window.answers.map { answer in
            Result { () throws(PortMapperError) in try success(in: answer, missing) }
        }
    }

    /// Takes back a request that was not answered: a delete goes out now, and again should a grant
    /// still come.
    func withdraw(_ map: PCPMapRequest) {
        let client = socket.local.address
        let request = map.request(from: client)
        socket.withdraw(
            .init(
                isGrant: { payload in
                    guard
                        case .answer(.response(let response)) =
                            PCPAnswer.judge(payload, for: request)
                    else { return false }
                    return response.result == .success && !response.isDeletion
                }, delete: delete(of: map)))
    }

    private func delete(of map: PCPMapRequest) -> [UInt8] {
        map.delete.request(from: socket.local.address).encoded
    }

    /// The response, or why there is none to use.
    private func success(
        in answer: PCPAnswer?, _ missing: PortMapperError
    ) throws(PortMapperError) -> PCPResponse {
        let gateway = GatewayAddress(socket.gateway.address)
        // A second copy of it would be believed.
        if answer?.isGood != true { socket.isSettled = false }
        switch answer {
        case .response(let response):
            socket.notePCPEpoch(response.epochSeconds)
            guard response.result == .success else {
                throw .refused(GatewayRefusal(gateway: socket.gateway, pcp: response))
            }
            return response
        case .otherVersion(let version):
            log.debug("\(gateway): it speaks version \(version), not PCP's 2")
            throw .unsupported(gateway: gateway, technique: .pcp)
        case .natpmpAlone:
            log.debug("\(gateway): it answers NAT-PMP, but not PCP")
            throw .unsupported(gateway: gateway, technique: .pcp)
        case nil:
            throw missing
        }
    }

    /// Nothing came, or nothing that was an answer: the latter is worth saying (N-6), once there is
    /// no time left for something better.
    private func silence(_ mismatch: String?, _ budget: TimeBudget) -> PortMapperError {
        let gateway = GatewayAddress(socket.gateway.address)
        if let mismatch, socket.now >= budget.deadline {
            return .badAnswer(gateway: gateway, technique: .pcp, problem: mismatch)
        }
        return .noAnswer(gateway: gateway, after: budget.start.duration(to: socket.now))
    }

    private func grant(in response: PCPResponse) -> Result<Grant, PortMapperError> {
        let problem: String
        if case .map(let mapping) = response.operation {
            if response.lifetimeSeconds == 0 {
                problem = "it granted a lifetime of 0"
            } else if let externalPort = PortNumber(rawValue: mapping.externalPort) {
                return .success(
                    Grant(
                        externalPort: externalPort, externalAddress: mapping.externalAddress,
                        lifetime: .seconds(Int64(response.lifetimeSeconds)),
                        nonce: mapping.nonce.hexadecimal))
            } else {
                problem = "it granted external port 0"
            }
        } else {
            problem = "no mapping in the answer"
        }
        return .failure(
            .badAnswer(
                gateway: GatewayAddress(socket.gateway.address), technique: .pcp, problem: problem))
    }
}

extension PCPMapRequest {
    /// Nonce, protocol and internal port of a MAP request or of the answer to it, as they lie there
    /// (RFC 6887, section 11.1).
    fileprivate static func key(of message: [UInt8]) -> [UInt8]? {
        guard message.count >= 60, message[0] == 2, message[1] & 0x7F == 1 else { return nil }
        return Array(message[24..<42])
    }
}

extension PCPResponse {
    /// Whether it says that a mapping is gone.
    fileprivate var isDeletion: Bool { result == .success && lifetimeSeconds == 0 }
}
