import Logging

/// Asks one gateway by PCP (RFC 6887).
///
/// Not Sendable: one task uses it. Its methods throw `PortMapperError` or `CancellationError`.
public final class PCPClient {
    /// A mapping that a PCP server has granted.
    public struct Grant: Hashable, Sendable {
        /// The external port.
        public var externalPort: PortNumber
        /// The external address; for an IPv6 pinhole the internal one.
        public var externalAddress: IPAddress
        /// In whole seconds.
        public var lifetime: Duration
        /// The secret that a renewal or delete must repeat.
        public var nonce: String
    }

    /// How many requests may be unanswered at a time; RFC 6887 sets no limit.
    static let window = 32

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
        gateway address: IPAddress, port: UInt16 = 5351, timeout: Duration = .seconds(30)
    ) throws(PortMapperError) {
        do throws(SystemError) {
            socket = try GatewaySocket(to: SocketAddress(address, port: port))
        } catch {
            throw .system(error)
        }
        limit = timeout
    }

    /// A client on a socket that it shares with NAT-PMP.
    init(socket: GatewaySocket) {
        self.socket = socket
        limit = .seconds(30)
    }

    /// Asks whether the gateway speaks PCP, without side effects.
    ///
    /// - Returns: the server's epoch, the age of its mapping table in seconds.
    public func announce() async throws -> UInt32 {
        try await announce(AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
    }

    /// Maps a port of this host, or renews a mapping when given its nonce.
    ///
    /// - Parameters:
    ///   - transport: of the port.
    ///   - internalPort: the port on this host.
    ///   - suggestedExternalPort: the external port to suggest; the gateway may grant another.
    ///   - lifetime: in whole seconds from 1 s; servers rarely grant less than 120 s.
    ///   - nonce: the grant's, for a renewal; `nil` draws a fresh one.
    /// - Returns: the granted mapping.
    /// - Throws: `PortMapperError`, `.inexpressible` for an invalid nonce; `CancellationError`.
    public func map(
        _ transport: TransportProtocol, internalPort: PortNumber,
        suggestedExternalPort: PortNumber? = nil, lifetime: Duration = .seconds(7200),
        nonce: String? = nil
    ) async throws -> Grant {
        let request = PCPMapRequest(
            nonce: try nonce.map(PCPNonce.init(checking:)) ?? .random(), transport: transport,
            internalPort: internalPort.rawValue, externalPort: suggestedExternalPort?.rawValue ?? 0,
            lifetimeSeconds: max(1, lifetime.wholeSeconds))
        let responses = try await map(
            [request], AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
        return try responses[0].flatMap(grant(in:)).get()
    }

    /// Deletes a mapping; it is no error if there is none.
    public func unmap(
        _ transport: TransportProtocol, internalPort: PortNumber, nonce: String
    ) async throws {
        let request = PCPMapRequest(
            nonce: try PCPNonce(checking: nonce), transport: transport,
            internalPort: internalPort.rawValue, lifetimeSeconds: 0)
        let outcomes = try await unmap(
            [request], AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
        try outcomes[0].get()
    }
}

extension PCPNonce {
    /// Reads a nonce that a caller has kept.
    fileprivate init(checking text: String) throws(PortMapperError) {
        guard let nonce = PCPNonce(hexadecimal: text) else {
            throw .inexpressible("a PCP nonce has 24 hexadecimal digits")
        }
        self = nonce
    }
}

extension PCPClient {
    /// Asks whether the gateway speaks PCP; returns the server's epoch.
    func announce(_ limit: AskLimit) async throws -> UInt32 {
        let request = PCPRequest(operation: .announce, clientAddress: socket.local.address)
        var window = RequestWindow(
            [.init(payload: request.encoded, judge: { PCPAnswer.judge($0, for: request) })],
            limit: 1)
        let failure = try await socket.ask(&window, limit)
        return try success(
            in: window.answers[0], failure ?? silence(in: window, limit.budget)
        ).epochSeconds
    }

    /// Deletes several mappings, each with its own outcome.
    func unmap(
        _ requests: [PCPMapRequest], _ limit: AskLimit
    ) async throws -> [Result<Void, PortMapperError>] {
        try await map(requests, limit).map { outcome in
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

    /// Asks for the external address by deleting a mapping that does not exist: the port is that of
    /// this client's own socket, and the nonce is new.
    ///
    /// Common servers refuse such a delete and tell their address with the refusal, although the RFC
    /// does not demand either.
    ///
    /// - Returns: `nil` when the answer tells no address, and when none comes.
    /// - Throws: `CancellationError`.
    func addressByEmptyDelete(_ limit: AskLimit) async throws -> IPAddress? {
        await socket.beginQuestion()
        let request = PCPMapRequest(
            nonce: .random(), transport: .udp, internalPort: socket.local.port, lifetimeSeconds: 0)
        return switch try await map([request], limit)[0] {
        case .success(let response): response.externalAddress
        case .failure(.refused(let refusal)): refusal.externalAddress
        case .failure: nil
        }
    }

    /// Sends MAP requests, each with its own outcome; one with lifetime 0 is a delete.
    ///
    /// - Parameters:
    ///   - requests: the mappings to request or delete.
    ///   - asksNATPMP: whether to send a silent gateway NAT-PMP requests too, to recognize one that
    ///     ignores PCP.
    ///   - limit: how long it may take.
    /// - Throws: `CancellationError`.
    /// - Returns: a successful response for each request, or why there is none.
    func map(
        _ requests: [PCPMapRequest], asksNATPMP: Bool = false, _ limit: AskLimit
    ) async throws -> [Result<PCPResponse, PortMapperError>] {
        try await answers(to: requests, asksNATPMP: asksNATPMP, limit).map(\.result)
    }

    /// What came of a MAP request.
    struct MapAnswer {
        var result: Result<PCPResponse, PortMapperError>
        /// Whether it was sent; of many requests some still waited when time was over.
        var wasSent: Bool
    }

    /// Sends MAP requests as `map` does.
    func answers(
        to requests: [PCPMapRequest], asksNATPMP: Bool, _ limit: AskLimit
    ) async throws -> [MapAnswer] {
        let knowsPCP = socket.knowsPCP
        // Some gateways ignore version 2 and answer only NAT-PMP.
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
        let missing = failure ?? silence(in: window, limit.budget)
        return zip(requests, window.answers).enumerated().map { index, pair in
            let (request, answer) = pair
            let result = Result { () throws(PortMapperError) in
                try success(in: answer, missing, tellsAddress: request.suggestsNoAddress)
            }
            return MapAnswer(result: result, wasSent: index < window.sentCount)
        }
    }

    /// Withdraws a request that was not answered: sends a delete now, and again if a grant arrives
    /// late.
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

    /// The successful response, or the error that stands for its absence.
    ///
    /// - Parameters:
    ///   - answer: what arrived.
    ///   - missing: the error if nothing did.
    ///   - tellsAddress: whether an address in a refusal must be the gateway's own, and not an echo of
    ///     the one suggested (RFC 6887, section 11.1).
    /// - Returns: the response.
    /// - Throws: `PortMapperError`.
    private func success(
        in answer: PCPAnswer?, _ missing: PortMapperError, tellsAddress: Bool = false
    ) throws(PortMapperError) -> PCPResponse {
        let gateway = socket.name
        // The next question must not take a second copy of this for its response.
        if answer?.isGood != true { socket.isSettled = false }
        switch answer {
        case .response(let response):
            socket.notePCPEpoch(response.epochSeconds)
            guard response.result == .success else {
                throw .refused(
                    GatewayRefusal(
                        gateway: gateway, pcp: response,
                        externalAddress: tellsAddress ? response.externalAddress : nil))
            }
            return response
        case .otherVersion(let version):
            log.debug("\(gateway): it speaks version \(version), not PCP's 2")
            throw .unsupported(gateway: gateway, technique: .pcp)
        case .natpmpAlone:
            log.debug("\(gateway): it answers NAT-PMP, and has not answered PCP")
            guard case .noAnswer(_, _, let time) = missing else { throw missing }
            throw .noAnswer(gateway: gateway, technique: .natPMP, after: time)
        case nil:
            throw missing
        }
    }

    /// The error when no response arrived: reports a mismatched one (N-6) only once no time is left
    /// for a better one.
    private func silence(
        in window: RequestWindow<PCPAnswer>, _ budget: TimeBudget
    ) -> PortMapperError {
        let gateway = socket.name
        if let mismatch = window.mismatch, window.isNonsense || socket.now >= budget.deadline {
            return .badAnswer(gateway: gateway, technique: .pcp, problem: mismatch)
        }
        return .noAnswer(gateway: gateway, after: budget.start.duration(to: socket.now))
    }

    /// The grant in a successful response, or what is wrong with it.
    func grant(in response: PCPResponse) -> Result<Grant, PortMapperError> {
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
            .badAnswer(gateway: socket.name, technique: .pcp, problem: problem))
    }
}

extension PCPMapRequest {
    /// The bytes of nonce, protocol and internal port, which a MAP request and its response share
    /// (RFC 6887, section 11.1).
    fileprivate static func key(of message: [UInt8]) -> [UInt8]? {
        guard message.count >= 60, message[0] == 2, message[1] & 0x7F == 1 else { return nil }
        return Array(message[24..<42])
    }
}

extension PCPResponse {
    /// The external address of a MAP response; `nil` when it names none.
    fileprivate var externalAddress: IPAddress? {
        guard case .map(let mapping) = operation else { return nil }
        return mapping.externalAddress.ifSpecified
    }

    /// Whether it confirms a delete.
    fileprivate var isDeletion: Bool { result == .success && lifetimeSeconds == 0 }
}
