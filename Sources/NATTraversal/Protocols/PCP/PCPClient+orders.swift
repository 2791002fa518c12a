import Logging

extension PCPClient {
    func announce(
        budget: TimeBudget, until limit: ContinuousClock.Instant? = nil
    ) async throws -> UInt32 {
        let request = PCPRequest(operation: .announce, clientAddress: link.local.address)
        var window = RequestWindow(
            [.init(payload: request.encoded, judge: { PCPAnswer.judge($0, for: request) })],
            limit: 1)
        let failure = try await link.ask(&window, budget: budget, until: limit)
        return try success(in: window.answers[0], failure ?? silence(window.mismatch, budget))
            .epochSeconds
    }

    func map(
        _ order: PCPMapRequest, budget: TimeBudget, until limit: ContinuousClock.Instant? = nil
    ) async throws -> Grant {
        try await map([order], budget: budget, until: limit)[0].get()
    }

    /// Maps many, each with its own outcome; options that can be done without are dropped for those
    /// whose server does not know them.
    ///
    /// - Parameters:
    ///   - orders: what to map.
    ///   - isNATPMPAllowed: whether a gateway that is silent is asked by NAT-PMP as well, so that
    ///     one that is deaf to PCP is found out.
    ///   - sendLimit: how often each is sent; `nil` is until it is answered.
    ///   - budget: the command's.
    ///   - limit: when to stop earlier.
    /// - Throws: `CancellationError`.
    /// - Returns: an outcome for each order.
    func map(
        _ orders: [PCPMapRequest], isNATPMPAllowed: Bool = false, sendLimit: Int? = nil,
        budget: TimeBudget, until limit: ContinuousClock.Instant? = nil
    ) async throws -> [Result<Grant, PortMapperError>] {
        var outcomes = try await ask(
            orders, isNATPMPAllowed: isNATPMPAllowed, sendLimit: sendLimit, budget: budget,
            until: limit
        )
        .map { outcome in outcome.flatMap(grant(in:)) }
        let again = orders.indices.filter { index in
            guard case .failure(.refused(let refusal)) = outcomes[index] else { return false }
            return refusal.reaction == .plainRequest && orders[index] != orders[index].plain
        }
        guard !again.isEmpty else { return outcomes }
        log.debug("\(link.gateway): an option is not known there; asking without it")
        let plain = try await ask(again.map { orders[$0].plain }, budget: budget, until: limit)
        for (index, outcome) in zip(again, plain) { outcomes[index] = outcome.flatMap(grant(in:)) }
        return outcomes
    }

    /// Deletes many, each with its own outcome.
    func unmap(
        _ orders: [PCPMapRequest], budget: TimeBudget
    ) async throws -> [Result<Void, PortMapperError>] {
        try await ask(orders, budget: budget).map { outcome in
            switch outcome {
            case .success:
                return .success(())
            // miniupnpd says so of what is not there (N-10); RFC 6887, section 15, calls it a success.
            case .failure(.refused(let refusal)) where refusal.code == 8:
                log.debug("\(link.gateway): the delete was not confirmed; probably nothing there")
                return .success(())
            case .failure(let error):
                return .failure(error)
            }
        }
    }

    private func ask(
        _ orders: [PCPMapRequest], isNATPMPAllowed: Bool = false, sendLimit: Int? = nil,
        budget: TimeBudget, until limit: ContinuousClock.Instant? = nil
    ) async throws -> [Result<PCPResponse, PortMapperError>] {
        let knowsPCP = link.knowsPCP
        // Some gateways are deaf to version 2 and answer NAT-PMP alone.
        let companion =
            isNATPMPAllowed && !knowsPCP && link.local.address.family == .ipv4
            ? NATPMPRequest.externalAddress.encoded : nil
        let client = link.local.address
        var window = RequestWindow<PCPAnswer>(
            orders.map { order in
                let request = order.request(from: client)
                if order.lifetimeSeconds > 0 { link.takeUp(delete(of: order)) }
                return .init(
                    payload: request.encoded, companion: companion, sendLimit: sendLimit,
                    key: PCPMapRequest.key(of: request.encoded),
                    judge: { PCPAnswer.judge($0, for: request, knowsPCP: knowsPCP) })
            }, limit: Self.window, keyOf: PCPMapRequest.key)
        let failure = try await link.ask(&window, budget: budget, until: limit)
        for (order, answer) in zip(orders, window.answers) where answer == .natpmpAlone {
            withdraw(order)
        }
        let missing = failure ?? silence(window.mismatch, budget)
        return window.answers.map { answer in
            Result { () throws(PortMapperError) in try success(in: answer, missing) }
        }
    }

    /// Takes back a request that was not answered: a delete goes out now, and again should a grant
    /// still come.
    func withdraw(_ order: PCPMapRequest) {
        let client = link.local.address
        let request = order.request(from: client)
        link.withdraw(
            .init(
                isGrant: { payload in
                    guard
                        case .answer(.response(let response)) =
                            PCPAnswer.judge(payload, for: request)
                    else { return false }
                    return response.result == .success && !response.isDeletion
                }, delete: delete(of: order)))
    }

    private func delete(of order: PCPMapRequest) -> [UInt8] {
        order.delete.request(from: link.local.address).encoded
    }

    /// The response, or why there is none to use.
    private func success(
        in answer: PCPAnswer?, _ missing: PortMapperError
    ) throws(PortMapperError) -> PCPResponse {
        let gateway = link.gateway.address.description
        // A second copy of it would be believed.
        if answer?.isGood != true { link.isSettled = false }
        switch answer {
        case .response(let response):
            link.notePCPEpoch(response.epochSeconds)
            guard response.result == .success else {
                throw .refused(GatewayRefusal(gateway: link.gateway, pcp: response))
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
        let gateway = link.gateway.address.description
        if let mismatch, link.now >= budget.deadline {
            return .badAnswer(gateway: gateway, technique: .pcp, problem: mismatch)
        }
        return .noAnswer(gateway: gateway, after: budget.start.duration(to: link.now))
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
                gateway: link.gateway.address.description, technique: .pcp, problem: problem))
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
