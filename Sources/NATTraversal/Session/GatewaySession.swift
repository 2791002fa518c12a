import Glibc
import Logging

/// Everything that is asked of one gateway from one address of this host: the socket, the search for
/// its UPnP side, and what is known of it.
///
/// Not Sendable: one task uses it at a time.
final class GatewaySession {
    let target: GatewayTarget
    let socket: GatewaySocket
    /// UPnP, with the gateway's table of mappings.
    let igd: IGDTechnique
    private let pcp: PCPTechnique
    private let natpmp: NATPMPTechnique
    /// Where mappings lead.
    let internalAddress: IPAddress
    /// Whether that is another host than this one.
    let isThirdParty: Bool
    /// The time of what is asked at present.
    private(set) var budget: TimeBudget

    /// Opens the socket.
    ///
    /// - Parameters:
    ///   - target: the gateway.
    ///   - internalAddress: where mappings lead; `nil` is this host's address towards the gateway.
    ///     One that is not this host's is a third party's.
    ///   - others: all candidates; a device of theirs is not this one's.
    ///   - via: the one technique that is wanted, if it is named.
    ///   - budget: the command's time.
    /// - Throws: `PortMapperError`.
    convenience init(
        _ target: GatewayTarget, internalAddress: IPAddress? = nil, others: [GatewayTarget] = [],
        via technique: Technique? = nil, budget: TimeBudget
    ) throws(PortMapperError) {
        var own: GatewaySocket?
        if let internalAddress { own = try target.socket(fromOwn: internalAddress) }
        let isThirdParty = internalAddress != nil && own == nil
        let socket = if let own { own } else { try target.socket() }
        self.init(
            target, on: socket,
            finder: IGDFinder(target, source: socket.local.address, others: others),
            internalAddress: internalAddress ?? socket.local.address, isThirdParty: isThirdParty,
            via: technique, budget: budget)
    }

    /// A session on what is open already.
    init(
        _ target: GatewayTarget, on socket: GatewaySocket, finder: any IGDFinding,
        internalAddress: IPAddress, isThirdParty: Bool = false, via technique: Technique? = nil,
        budget: TimeBudget
    ) {
        self.target = target
        self.socket = socket
        self.internalAddress = internalAddress
        self.isThirdParty = isThirdParty
        self.budget = budget
        pcp = PCPTechnique(socket, asksNATPMP: technique == nil)
        natpmp = NATPMPTechnique(socket, asksPCP: technique == nil)
        igd = IGDTechnique(finder, socket)
    }

    /// The one place where a technique's name becomes the technique.
    func technique(_ technique: Technique) -> any MappingTechnique {
        switch technique {
        case .pcp: pcp
        case .natPMP: natpmp
        case .upnp: igd
        }
    }

    /// The present, by the clock that its requests wait by.
    var now: ContinuousClock.Instant { socket.now }

    /// Takes up the session again: the external address may be another one by now.
    func begin(_ budget: TimeBudget) {
        self.budget = budget
        for technique in Technique.allCases { self.technique(technique).begin() }
    }

    /// How often the gateway has shown that its mappings were lost.
    var lossCount: Int { socket.lossCount + igd.moveCount }

    /// How long an asking may take.
    func limit(_ asking: TechniqueLadder.Asking) -> AskLimit {
        var limit = AskLimit(budget: budget, end: asking.end, closedBelief: asking.closedBelief)
        limit.rival = asking.race.map {
            AskLimit.Rival(
                search: igd.search, searchesFrom: $0.searchesFrom,
                takesOverFrom: $0.takesOverFrom)
        }
        return limit
    }

    /// As long as the command may take.
    var wholeLimit: AskLimit { AskLimit(budget: budget) }
}

extension GatewaySession {
    /// The external address: NAT-PMP's question first, because it leaves nothing behind and one
    /// round trip answers it; PCP where the gateway speaks it instead.
    ///
    /// - Parameters:
    ///   - only: the one technique that is wanted, if it is named.
    ///   - silenceEnd: when a gateway that says nothing is given up.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func externalAddress(
        via only: Technique?, silenceEnd: ContinuousClock.Instant? = nil
    ) async throws -> ExternalAddress {
        let order = only.map { [$0] } ?? [.natPMP, .pcp, .upnp]
        // The port means nothing here.
        var ladder = TechniqueLadder(
            order, port: .http, searchLimit: budget.searchLimit, silenceEnd: silenceEnd)
        while true {
            switch ladder.next(at: now, deadline: budget.deadline) {
            case .ask(let asking):
                if let start = asking.start { try await socket.rest(until: start) }
                do {
                    return try await externalAddress(by: asking.technique, limit(asking))
                } catch let error as PortMapperError {
                    ladder.failed(error, by: asking.technique, at: now)
                }
            // Nothing was made: PCP's temporary mapping is withdrawn where it is asked for.
            case .withdraw: break
            case .end:
                throw ladder.error
                    ?? .noAnswer(gateway: target.name, after: budget.start.duration(to: now))
            }
        }
    }

    /// What one technique says.
    func externalAddress(
        by technique: Technique, _ limit: AskLimit
    ) async throws -> ExternalAddress {
        guard let address = try await self.technique(technique).externalAddress(limit) else {
            throw PortMapperError.noExternalAddress(gateway: target.name, technique: technique)
        }
        var warnings = ExternalAddressCheck.warnings(
            for: address, gateway: target.socketAddress.address)
        if technique == .upnp { warnings += igd.warnings }
        return ExternalAddress(
            address: address, technique: technique, gateway: target.name, warnings: warnings)
    }

    /// Whether the gateway's table, read by UPnP, shows a mapping, whatever technique made it.
    ///
    /// - Throws: `PortMapperError` when the table cannot be read, `CancellationError`.
    func hasMapping(_ lease: Lease) async throws -> Bool {
        let entry = try await igd.entry(lease.portMappingKey, wholeLimit)
        return entry?.leads(to: lease.key.internalAddress, port: lease.key.internalPort) == true
    }

    /// The gateway's table lacks what it granted.
    var missingMapping: PortMapperError {
        .badAnswer(
            gateway: target.name, technique: .upnp,
            problem: "its table lacks the mapping that it granted")
    }
}

extension GatewaySession {
    /// Deletes leases, each by the technique that made it, and forgets them.
    ///
    /// - Parameters:
    ///   - leases: of this gateway.
    ///   - store: where they are remembered.
    ///   - keepsAsked: whether what is not there, but was asked for, is kept in mind: the request may
    ///     be carried out after its time.
    /// - Returns: an outcome for each lease; what could not be deleted stays in the file.
    /// - Throws: `CancellationError`.
    @discardableResult
    func delete(
        _ leases: [Lease], in store: LeaseStore, keepsAsked: Bool = false
    ) async throws -> [Result<Void, PortMapperError>] {
        guard !leases.isEmpty else { return [] }
        var outcomes = [Result<Removal, PortMapperError>?](repeating: nil, count: leases.count)
        var addresses: [IPAddress] = []
        for lease in leases where !addresses.contains(sourceAddress(of: lease)) {
            addresses.append(sourceAddress(of: lease))
        }
        for address in addresses {
            let indices = leases.indices.filter { sourceAddress(of: leases[$0]) == address }
            let results = try await delete(indices.map { leases[$0] }, from: address)
            for (index, result) in zip(indices, results) { outcomes[index] = result }
        }
        var gone: Set<Lease.Key> = []
        let told = zip(leases, outcomes).map { lease, outcome -> Result<Void, PortMapperError> in
            switch outcome {
            case .success(.absent) where keepsAsked && lease.state == .asked:
                return .failure(
                    .noAnswer(gateway: target.name, after: budget.start.duration(to: now)))
            case .success, nil:
                gone.insert(lease.key)
                return .success(())
            case .failure(let error):
                return .failure(error)
            }
        }
        try await store.remove(gone)
        return told
    }

    /// Deletes this host's mapping of a port by NAT-PMP, which needs no lease for it.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`.
    func deleteByNATPMP(_ port: UnmapRequest.Port) async throws {
        try await NATPMPClient(socket: socket).unmap(
            port.transport, internalPort: port.number, wholeLimit)
    }

    /// Whether this host has an address, as far as the gateway can be asked from it.
    func hasAddress(_ address: IPAddress) -> Bool {
        address == socket.local.address || (try? target.socket(fromOwn: address)) != nil
    }

    /// The address that a lease's requests leave from: its own, or any where another host is meant.
    private func sourceAddress(of lease: Lease) -> IPAddress {
        lease.isThirdParty ? socket.local.address : lease.key.internalAddress
    }

    /// Deletes leases that were asked for from one address of this host; UPnP asks for them from
    /// any.
    private func delete(
        _ leases: [Lease], from address: IPAddress
    ) async throws -> [Result<Removal, PortMapperError>] {
        let other: GatewaySession
        do throws(PortMapperError) {
            if address == socket.local.address {
                other = self
            } else {
                other = try GatewaySession(target, internalAddress: address, budget: budget)
                guard !other.isThirdParty else { throw .elsewhere(address) }
            }
        } catch {
            var outcomes: [Result<Removal, PortMapperError>] = leases.map { _ in .failure(error) }
            for index in leases.indices where leases[index].technique == .upnp {
                outcomes[index] = try await igd.delete([leases[index]], wholeLimit)[0]
            }
            return outcomes
        }
        return try await other.deleteByTechnique(leases, upnp: igd)
    }

    private func deleteByTechnique(
        _ leases: [Lease], upnp: IGDTechnique
    ) async throws -> [Result<Removal, PortMapperError>] {
        var outcomes: [Result<Removal, PortMapperError>] = leases.map { _ in .success(.absent) }
        for technique in Technique.allCases {
            let indices = leases.indices.filter { leases[$0].technique == technique }
            guard !indices.isEmpty else { continue }
            // One search does for all addresses.
            let way = technique == .upnp ? upnp : self.technique(technique)
            let results = try await way.delete(indices.map { leases[$0] }, wholeLimit)
            for (index, result) in zip(indices, results) { outcomes[index] = result }
        }
        // A process may have ended before it knew that the gateway speaks nothing better.
        for index in leases.indices where leases[index].state == .asked {
            guard case .failure(.unsupported(_, .pcp)) = outcomes[index] else { continue }
            outcomes[index] = try await natpmp.delete([leases[index]], wholeLimit)[0]
        }
        return outcomes
    }

    /// How long letting go takes at most, with a little left for the lease file of five seconds.
    private static let releaseLimit = Duration.milliseconds(4800)
    /// How long somebody who wants to leave waits for another process's lock of the lease file.
    private static let lockWait = Duration.seconds(1)

    /// Deletes leases within five seconds, all of which are used while no answer has come.
    ///
    /// It is done although the task may have been cancelled, for the gateway must still be told, and
    /// on a socket on which no earlier answer can come. What cannot be deleted stays in the lease
    /// file.
    ///
    /// - Returns: an outcome for each lease, and what is wrong with the lease file.
    @discardableResult
    static func release(
        _ leases: [Lease], on target: GatewayTarget, leaseFile: LeaseFile
    ) async -> (outcomes: [Result<Void, PortMapperError>], warnings: [MapperWarning]) {
        guard !leases.isEmpty else { return ([], []) }
        // A task of its own, which nobody cancels.
        return await Task {
            var file = leaseFile
            file.lockWait = lockWait
            let store = LeaseStore(file)
            do {
                // A device of another gateway is not this one's.
                let others = (try? GatewaySelection().targets()) ?? []
                let session = try GatewaySession(
                    target, others: others, budget: TimeBudget(limit: releaseLimit))
                return (
                    try await session.delete(leases, in: store, keepsAsked: true), store.warnings
                )
            } catch let error as PortMapperError {
                return (leases.map { _ in .failure(error) }, store.warnings)
            } catch {
                return ([], store.warnings)
            }
        }.value
    }
}

extension PortMapperError {
    /// A lease leads to an address that this host does not have any more.
    fileprivate static func elsewhere(_ address: IPAddress) -> PortMapperError {
        .system(SystemError("bind", code: EADDRNOTAVAIL))
    }
}

extension GatewayTarget {
    /// A socket from this address; `nil` when it is not an address of this host.
    fileprivate func socket(fromOwn address: IPAddress) throws(PortMapperError) -> GatewaySocket? {
        do throws(PortMapperError) {
            return try socket(from: address)
        } catch {
            guard case .system(let cause) = error, cause.isAddressNotAvailable else { throw error }
            return nil
        }
    }
}

/// The sessions with gateways, one for each gateway and internal address: a command's own, or those
/// of mappings that are held, whose sockets and epochs outlive many askings.
final class GatewaySessions {
    private struct Key: Hashable {
        var target: GatewayTarget
        var internalAddress: IPAddress?
    }

    private var sessions: [Key: GatewaySession] = [:]
    private var order: [Key] = []
    private let technique: Technique?

    /// - Parameter technique: the one technique that is wanted, if it is named.
    init(via technique: Technique? = nil) { self.technique = technique }

    /// All of them, in the order they were opened.
    var all: [GatewaySession] { order.compactMap { sessions[$0] } }

    /// The session with a gateway, opened where there is none yet.
    ///
    /// - Parameters:
    ///   - target: the gateway.
    ///   - internalAddress: where mappings lead; `nil` is this host's address towards the gateway.
    ///   - others: all candidates.
    ///   - budget: the time of what is asked now.
    /// - Throws: `PortMapperError`.
    func session(
        with target: GatewayTarget, internalAddress: IPAddress? = nil,
        others: [GatewayTarget] = [], budget: TimeBudget
    ) throws(PortMapperError) -> GatewaySession {
        let key = Key(target: target, internalAddress: internalAddress)
        if let session = sessions[key] {
            session.begin(budget)
            return session
        }
        let session = try GatewaySession(
            target, internalAddress: internalAddress, others: others, via: technique,
            budget: budget)
        sessions[key] = session
        order.append(key)
        return session
    }

    /// Closes all sockets: this host's addresses or the paths to gateways have changed.
    func close() { (sessions, order) = ([:], []) }
}
