/// Asks one gateway by NAT-PMP (RFC 6886).
///
/// Not Sendable: one task uses it, and one question is on its way at a time, as the RFC wants
/// (section 3.1). Every method throws `PortMapperError` or `CancellationError`.
public final class NATPMPClient {
    private let socket: GatewaySocket
    private let limit: Duration

    /// A client of the gateway at `address`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - address: the gateway's address on this network.
    ///   - port: its port, 5351 by the RFC.
    ///   - timeout: how long one question may take.
    /// - Throws: `PortMapperError.system` when no socket can be had.
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

    /// The gateway's address on the Internet side, as it tells it: 0.0.0.0 when it has none.
    public func externalAddress() async throws -> IPv4Address {
        try await externalAddress(AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
            .address
    }

    /// Maps a port of this host.
    ///
    /// - Parameters:
    ///   - transport: of the port.
    ///   - internalPort: the port on this host.
    ///   - suggestedExternalPort: the port wanted outside; another may be granted.
    ///   - lifetime: in whole seconds from 1 s; RFC 6886 recommends 2 hours.
    /// - Returns: the port and lifetime that were granted.
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

    /// Deletes this host's mapping of a port; that there was none is no error.
    public func unmap(_ transport: TransportProtocol, internalPort: PortNumber) async throws {
        try await unmap(
            transport, internalPort: internalPort,
            AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
    }
}

extension NATPMPClient {
    /// What a mapping request was granted.
    struct Grant: Hashable, Sendable {
        var externalPort: PortNumber
        var lifetimeSeconds: UInt32
    }

    /// Asks for the address; a gateway that is silent is asked for PCP as well where that is
    /// allowed, so that one that is deaf to NAT-PMP is found out.
    ///
    /// - Returns: the address, and the age of the gateway's mapping table where it is told.
    func externalAddress(
        asksPCP: Bool = false, _ limit: AskLimit
    ) async throws -> (address: IPv4Address, epochSeconds: UInt32?) {
        let announce = PCPRequest(operation: .announce, clientAddress: socket.local.address)
        let response = try await ask(
            .externalAddress, companion: asksPCP ? announce.encoded : nil, limit
        ).response
        return (try externalAddress(in: response), response.epochSeconds)
    }

    /// Maps, and learns the external address on the way: the two answers cannot be confused, and it
    /// saves a round trip.
    ///
    /// - Returns: the grant, and what came of the other question; `nil` when nothing did.
    func mapAndAddress(
        _ request: NATPMPRequest, _ limit: AskLimit
    ) async throws -> (grant: Grant, address: Result<IPv4Address, PortMapperError>?) {
        let answers = try await ask(request, beside: .externalAddress, limit)
        // An address that is refused or does not come is not worth failing for.
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
    /// - Parameter grantedPort: the external port, which some gateways want named in a delete though
    ///   RFC 6886, section 3.4, has it 0.
    func unmap(
        _ transport: TransportProtocol, internalPort: PortNumber, grantedPort: PortNumber? = nil,
        _ limit: AskLimit
    ) async throws {
        let request = NATPMPRequest.delete(
            transport, internalPort: internalPort.rawValue, externalPort: grantedPort?.rawValue ?? 0
        )
        let response = try await ask(request, limit).response
        guard response.result == .success else { throw refusal(response.result) }
        // Success with lifetime 0 is deleted, whatever port it names (N-10).
        guard case .mapping(_, _, 0) = response.body else {
            throw badAnswer("the mapping was not deleted")
        }
    }

    /// How often a question is sent that goes beside the one that matters.
    private static let besideSendLimit = 4

    /// Sends `request` until it is answered or as often as it may be, and another beside it a few
    /// times.
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
            throw failure ?? silence(window.mismatch, limit.budget)
        }
        // A second copy of a refusal would be believed.
        if response.result != .success { socket.isSettled = false }
        if response.result == .unsupportedVersion {
            throw PortMapperError.unsupported(
                gateway: GatewayAddress(socket.gateway.address), technique: .natPMP)
        }
        return (response, other == nil ? nil : window.answers.last ?? nil)
    }

    /// Nothing came, or nothing that was an answer: the latter is worth saying (N-6), once there is
    /// no time left for something better.
    private func silence(_ mismatch: String?, _ budget: TimeBudget) -> PortMapperError {
        if let mismatch, socket.now >= budget.deadline { return badAnswer(mismatch) }
        return .noAnswer(
            gateway: GatewayAddress(socket.gateway.address),
            after: budget.start.duration(to: socket.now))
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

    /// Takes back a request that was not answered, as `PCPClient.withdraw` does.
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
        .refused(GatewayRefusal(gateway: socket.gateway, natpmp: result))
    }

    private func badAnswer(_ problem: String) -> PortMapperError {
        .badAnswer(
            gateway: GatewayAddress(socket.gateway.address), technique: .natPMP, problem: problem)
    }
}

extension NATPMPRequest {
    /// What takes a mapping back.
    fileprivate static func delete(
        _ transport: TransportProtocol, internalPort: UInt16, externalPort: UInt16 = 0
    ) -> NATPMPRequest {
        .map(
            transport, internalPort: internalPort, suggestedExternalPort: externalPort,
            lifetimeSeconds: 0)
    }

    /// What takes back the mapping that is asked for; `nil` where none is.
    fileprivate var delete: NATPMPRequest? {
        guard case .map(let transport, let internalPort, _, _) = self else { return nil }
        return .delete(transport, internalPort: internalPort)
    }
}
