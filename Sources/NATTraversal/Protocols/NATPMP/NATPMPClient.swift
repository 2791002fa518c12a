/// Asks one gateway by NAT-PMP (RFC 6886).
///
/// Not Sendable: one task uses it and sends one request at a time, as the RFC demands (section
/// 3.1). Every method throws `PortMapperError` or `CancellationError`.
public final class NATPMPClient {
    private let socket: GatewaySocket
    private let limit: Duration

    /// A client of the gateway at `address`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - address: the gateway's address on this network.
    ///   - port: its port; the RFC's is 5351.
    ///   - timeout: how long one call may take.
    /// - Throws: `PortMapperError.system` when no socket can be opened.
    public init(
        gateway address: IPv4Address, port: UInt16 = 5351, timeout: Duration = .seconds(30)
    ) throws(PortMapperError) {
        do throws(SystemError) {
            socket = try GatewaySocket(to: SocketAddress(.v4(address), port: port))
        } catch {
            throw .system(error)
        }
        limit = timeout
    }

    /// A client on a socket that it shares with PCP.
    init(socket: GatewaySocket) {
        self.socket = socket
        limit = .seconds(30)
    }

    /// Asks for the gateway's external address: 0.0.0.0 when it has none.
    public func externalAddress() async throws -> IPv4Address {
        try await externalAddress(AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
            .address
    }

    /// Maps a port of this host.
    ///
    /// - Parameters:
    ///   - transport: of the port.
    ///   - internalPort: the port on this host.
    ///   - suggestedExternalPort: the external port to suggest; the gateway may grant another.
    ///   - lifetime: in whole seconds from 1 s; RFC 6886 recommends 2 hours.
    /// - Returns: the granted port and lifetime.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func map(
        _ transport: TransportProtocol, internalPort: PortNumber,
        suggestedExternalPort: PortNumber?, lifetime: Duration = .seconds(7200)
    ) async throws -> (externalPort: PortNumber, lifetime: Duration) {
        let grant = try await map(
            .map(
                transport, internalPort: internalPort.rawValue,
                suggestedExternalPort: suggestedExternalPort?.rawValue ?? 0,
                lifetimeSeconds: max(1, lifetime.wholeSeconds)),
            AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
        return (grant.externalPort, .seconds(Int64(grant.lifetimeSeconds)))
    }

    /// Deletes this host's mapping of a port; it is no error if there is none.
    public func unmap(_ transport: TransportProtocol, internalPort: PortNumber) async throws {
        try await unmap(
            transport, internalPort: internalPort,
            AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
    }
}

extension NATPMPClient {
    /// The mapping that the gateway granted.
    struct Grant: Hashable, Sendable {
        var externalPort: PortNumber
        var lifetimeSeconds: UInt32
    }

    /// Asks for the external address, and with `asksPCP` also sends a silent gateway a PCP request,
    /// to recognize one that ignores NAT-PMP.
    ///
    /// - Returns: the address, and the age of the gateway's mapping table if reported.
    func externalAddress(
        asksPCP: Bool = false, _ limit: AskLimit
    ) async throws -> (address: IPv4Address, epochSeconds: UInt32?) {
        let announce = PCPRequest(operation: .announce, clientAddress: socket.local.address)
        let response = try await ask(
            .externalAddress, companion: asksPCP ? announce.encoded : nil, limit
        ).response
        return (try externalAddress(in: response), response.epochSeconds)
    }

    /// Maps and asks for the external address at once, which saves a round trip; the two responses
    /// cannot be confused.
    ///
    /// - Returns: the grant and the address; `nil` instead of an address when no response arrived.
    func mapAndAddress(
        _ request: NATPMPRequest, _ limit: AskLimit
    ) async throws -> (grant: Grant, address: Result<IPv4Address, PortMapperError>?) {
        let answers = try await ask(request, beside: .externalAddress, limit)
        // A missing or refused address is no reason to fail.
        let address = answers.beside.map { response in
            Result { () throws(PortMapperError) in try externalAddress(in: response) }
        }
        return (try grant(in: answers.response), address)
    }

    func map(_ request: NATPMPRequest, _ limit: AskLimit) async throws -> Grant {
        try grant(in: try await ask(request, limit).response)
    }

    /// Deletes a mapping.
    ///
    /// Some gateways require the external port in a delete, although RFC 6886, section 3.4, sets it
    /// to 0.
    func unmap(
        _ transport: TransportProtocol, internalPort: PortNumber, grantedPort: PortNumber? = nil,
        _ limit: AskLimit
    ) async throws {
        let request = NATPMPRequest.delete(
            transport, internalPort: internalPort.rawValue, externalPort: grantedPort?.rawValue ?? 0
        )
        let response = try await ask(request, limit).response
        guard response.result == .success else { throw refusal(response.result) }
        // Success with lifetime 0 means deleted, whatever port it names (N-10).
        guard case .mapping(_, _, 0) = response.body else {
            throw badAnswer("the mapping was not deleted")
        }
    }

    /// How often the accompanying request is sent.
    private static let besideSendLimit = 4

    /// Sends `request` until a response arrives or the limit is reached, and another one beside it
    /// a few times.
    private func ask(
        _ request: NATPMPRequest, beside other: NATPMPRequest? = nil, companion: [UInt8]? = nil,
        _ limit: AskLimit
    ) async throws -> (response: NATPMPResponse, beside: NATPMPResponse?) {
        let requests = [request] + (other.map { [$0] } ?? [])
        if let delete = request.delete, delete != request { socket.resume(delete.encoded) }
        var window = RequestWindow<NATPMPResponse>(
            requests.enumerated().map { index, request in
                .init(
                    payload: request.encoded, companion: companion,
                    sendLimit: limit.sendLimit ?? (index == 0 ? nil : Self.besideSendLimit),
                    judge: { Self.judge($0, for: request) })
            }, limit: requests.count)
        let failure = try await socket.ask(&window, limit)
        for case let response? in window.answers {
            if let epoch = response.epochSeconds { socket.noteNATPMPEpoch(epoch) }
        }
        guard case let response?? = window.answers.first else {
            throw failure ?? silence(in: window, limit.budget)
        }
        // The next question must not take a second copy of this refusal for its response.
        if response.result != .success || response == .fromPCPAlone { socket.isSettled = false }
        if response == .fromPCPAlone {
            throw PortMapperError.noAnswer(
                gateway: socket.name, technique: .pcp,
                after: limit.budget.start.duration(to: socket.now))
        }
        if response.result == .unsupportedVersion {
            throw PortMapperError.unsupported(gateway: socket.name, technique: .natPMP)
        }
        return (response, other == nil ? nil : window.answers.last ?? nil)
    }

    /// The error when no response arrived: reports a mismatched one (N-6) only once no time is left
    /// for a better one.
    private func silence(
        in window: RequestWindow<NATPMPResponse>, _ budget: TimeBudget
    ) -> PortMapperError {
        if let mismatch = window.mismatch, window.isNonsense || socket.now >= budget.deadline {
            return badAnswer(mismatch)
        }
        return .noAnswer(
            gateway: socket.name, after: budget.start.duration(to: socket.now))
    }

    private func externalAddress(
        in response: NATPMPResponse
    ) throws(PortMapperError) -> IPv4Address {
        guard response.result == .success else { throw refusal(response.result) }
        guard case .externalAddress(let address) = response.body else {
            throw badAnswer("no external address in the answer")
        }
        return address
    }

    private func grant(in response: NATPMPResponse) throws -> Grant {
        guard response.result == .success else { throw refusal(response.result) }
        guard case .mapping(_, let port, let lifetimeSeconds) = response.body else {
            throw badAnswer("no mapping in the answer")
        }
        guard let externalPort = PortNumber(rawValue: port) else {
            throw badAnswer("it granted external port 0")
        }
        guard lifetimeSeconds > 0 else { throw badAnswer("it granted a lifetime of 0") }
        return Grant(externalPort: externalPort, lifetimeSeconds: lifetimeSeconds)
    }

    /// Withdraws a request that was not answered, as `PCPClient.withdraw` does.
    func withdraw(_ request: NATPMPRequest) {
        guard let delete = request.delete else { return }
        socket.withdraw(
            .init(
                isGrant: { payload in
                    guard case .answer(let response) = Self.judge(payload, for: request),
                        case .mapping(_, _, let lifetimeSeconds) = response.body
                    else { return false }
                    return lifetimeSeconds > 0
                }, delete: delete.encoded))
    }

    private func refusal(_ result: NATPMPResult) -> PortMapperError {
        .refused(GatewayRefusal(gateway: socket.name, natpmp: result))
    }

    private func badAnswer(_ problem: String) -> PortMapperError {
        .badAnswer(gateway: socket.name, technique: .natPMP, problem: problem)
    }
}

extension NATPMPRequest {
    /// The request that deletes a mapping.
    fileprivate static func delete(
        _ transport: TransportProtocol, internalPort: UInt16, externalPort: UInt16 = 0
    ) -> NATPMPRequest {
        .map(
            transport, internalPort: internalPort, suggestedExternalPort: externalPort,
            lifetimeSeconds: 0)
    }

    /// The request that deletes the mapping this one asks for; `nil` for other requests.
    fileprivate var delete: NATPMPRequest? {
        guard case .map(let transport, let internalPort, _, _) = self else { return nil }
        return .delete(transport, internalPort: internalPort)
    }
}

extension NATPMPClient {
    /// Whether a datagram answers `request` (RFC 6886, section 3; N-5, N-6).
    static func judge(
        _ payload: [UInt8], for request: NATPMPRequest
    ) -> Verdict<NATPMPResponse> {
        // A PCP server without version 0 says so in its own format (RFC 6887, appendix A), or
        // answers the PCP request that was sent beside this one.
        if payload.count >= PCPLimits.versionError, payload[0] == 2 {
            if payload[3] == 1 { return .answer(.unsupportedVersion) }
            if payload[1] == 0x80 { return .answer(.fromPCPAlone) }
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
    /// Stands for the response of a gateway that has answered only the PCP request beside this one.
    fileprivate static var fromPCPAlone: NATPMPResponse {
        NATPMPResponse(
            opcode: 0, result: .success, epochSeconds: nil, body: .failure(internalPort: nil))
    }

    /// Stands for the response of a gateway that speaks only PCP.
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

    /// The internal port that the response names, if any.
    fileprivate var internalPort: UInt16? {
        switch body {
        case .externalAddress: nil
        case .mapping(let internalPort, _, _): internalPort
        case .failure(let internalPort): internalPort
        }
    }
}
