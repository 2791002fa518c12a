import Glibc
import Logging

/// All requests to one gateway from one address of this host: the socket, the search for the
/// gateway's UPnP side, and the state of each technique.
///
/// Not Sendable: one task uses it at a time.
final class GatewaySession {
    let target: GatewayTarget
    let socket: GatewaySocket
    /// UPnP for IPv4, with the gateway's table of mappings.
    let igd: IGDTechnique
    /// UPnP for the gateway's family.
    let upnp: any UPnPTechnique
    private let pcp: PCPTechnique
    private let natpmp: NATPMPTechnique
    /// Where mappings lead.
    let internalAddress: IPAddress
    /// Whether that is another host than this one.
    let isThirdParty: Bool
    private let memory: GatewayMemory?
    /// What earlier runs have found out about the gateway.
    private let remembered: GatewayMemory.Record?
    /// The time limit of the present command or renewal.
    private(set) var budget: TimeBudget

    /// Opens the socket.
    ///
    /// - Parameters:
    ///   - target: the gateway.
    ///   - internalAddress: where mappings lead; `nil` is this host's address towards the gateway.
    ///     An address that is not this host's is a third party's.
    ///   - others: all candidates; their devices are not this gateway's.
    ///   - technique: the only technique to use; `nil` allows all.
    ///   - isProbe: whether nothing is to be opened, so that any address of this host may ask.
    ///   - memory: what is remembered of gateways; `nil` is nothing.
    ///   - budget: the command's time.
    /// - Throws: `PortMapperError`.
    convenience init(
        _ target: GatewayTarget, internalAddress: IPAddress? = nil, others: [GatewayTarget] = [],
        via technique: Technique? = nil, isProbe: Bool = false, memory: GatewayMemory? = nil,
        budget: TimeBudget
    ) throws(PortMapperError) {
        var own: GatewaySocket?
        if let internalAddress { own = try target.socket(fromOwn: internalAddress) }
        let isThirdParty = internalAddress != nil && own == nil
        let socket =
            if let own {
                own
            } else if isProbe {
                try target.socket(from: try? target.addressToOpen())
            } else {
                try target.socket()
            }
        let remembered = memory?.record(of: target.name, at: .now)
        self.init(
            target, on: socket,
            finder: IGDFinder(
                target, source: socket.local.address, others: others, hint: remembered),
            pinholeFinder: PinholeFinder(target, source: socket.local.address, others: others),
            internalAddress: internalAddress ?? socket.local.address, isThirdParty: isThirdParty,
            via: technique, memory: memory, remembered: remembered, budget: budget)
    }

    /// Creates a session on an open socket; `upnp` stands in for the family's own in tests.
    init(
        _ target: GatewayTarget, on socket: GatewaySocket, finder: any ServiceFinding<IGDChoice>,
        pinholeFinder: (any ServiceFinding<PinholeControl>)? = nil,
        upnp: (any UPnPTechnique)? = nil, internalAddress: IPAddress, isThirdParty: Bool = false,
        via technique: Technique? = nil, memory: GatewayMemory? = nil,
        remembered: GatewayMemory.Record? = nil, budget: TimeBudget
    ) {
        self.target = target
        self.memory = memory
        self.remembered = remembered
        self.socket = socket
        self.internalAddress = internalAddress
        self.isThirdParty = isThirdParty
        self.budget = budget
        pcp = PCPTechnique(socket, asksNATPMP: technique == nil)
        natpmp = NATPMPTechnique(socket, asksPCP: technique == nil)
        igd = IGDTechnique(finder, socket)
        let pinholes = target.family == .ipv6 ? pinholeFinder : nil
        self.upnp = upnp ?? pinholes.map { PinholeTechnique($0, socket) } ?? igd
    }

    /// The implementation of a technique.
    func technique(_ technique: Technique) -> any MappingTechnique {
        switch technique {
        case .pcp: pcp
        case .natPMP: natpmp
        case .upnp: upnp
        }
    }

    /// The present, by the clock of its requests.
    var now: ContinuousClock.Instant { socket.now }

    /// Resumes the session for another command or renewal: the external address may have changed.
    func begin(_ budget: TimeBudget) {
        self.budget = budget
        for technique in Technique.allCases { self.technique(technique).begin() }
    }

    /// How often the gateway has shown that its mappings were lost.
    var lossCount: Int { socket.lossCount + upnp.moveCount }

    /// The limits of a question.
    func limit(_ asking: TechniqueLadder.Asking) -> AskLimit {
        var limit = AskLimit(
            budget: budget, end: asking.end, serviceEnd: asking.serviceEnd,
            closedBelief: asking.closedBelief)
        limit.rival = asking.race.map {
            AskLimit.Rival(
                search: upnp.search, searchesAfter: $0.searchesFrom - now,
                takesOverAfter: $0.takesOverFrom - now)
        }
        return limit
    }

    /// The limits of the whole command.
    var wholeLimit: AskLimit { AskLimit(budget: budget) }

    /// Whether an earlier run has found PCP and NAT-PMP silent.
    var isKnownSilent: Bool { remembered?.silentAt != nil }

    /// Remembers for the next run which technique has answered, and where.
    ///
    /// Of a gateway that answers by PCP or NAT-PMP nothing needs to be known.
    ///
    /// - Parameters:
    ///   - technique: the one that has answered.
    ///   - othersAreSilent: whether PCP and NAT-PMP have not answered; `nil` when they were not
    ///     asked.
    func remember(_ technique: Technique, othersAreSilent: Bool?) {
        guard let memory else { return }
        let now = Timestamp.now
        guard technique == .upnp, let device = igd.device, device.isDefaultGateway,
            device.location.host == target.name.address, let udn = device.udn
        else {
            if remembered != nil { memory.forget(target.name, at: now) }
            return
        }
        memory.remember(
            GatewayMemory.Record(
                gateway: target.name, location: device.location, udn: udn,
                isRepointed: device.isRepointed, bootIdentifier: device.bootIdentifier,
                foundAt: now,
                // A silence that was cut short, because it was known, proves nothing new.
                silentAt: othersAreSilent == false
                    ? nil : remembered?.silentAt ?? othersAreSilent.map { _ in now }),
            at: now)
    }
}

extension GatewaySession {
    /// Asks for the external address.
    ///
    /// NAT-PMP comes first: its request changes nothing and takes one round trip. PCP follows, for
    /// gateways that speak nothing else.
    ///
    /// - Parameters:
    ///   - only: the only technique to use; `nil` allows all.
    ///   - silenceEnd: when to give up a silent gateway.
    /// - Returns: the address, with its warnings.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func externalAddress(
        via only: Technique?, silenceEnd: ContinuousClock.Instant? = nil
    ) async throws -> ExternalAddress {
        let order = Self.addressOrder(only, of: target.family)
        // The port means nothing here.
        var ladder = TechniqueLadder(
            order, port: .http, searchLimit: budget.searchLimit, silenceEnd: silenceEnd,
            isKnownSilent: isKnownSilent)
        while true {
            switch ladder.next(at: now, deadline: budget.deadline) {
            case .ask(let asking):
                if let start = asking.start { try await socket.rest(until: start) }
                do {
                    let address = try await externalAddress(by: asking.technique, limit(asking))
                    remember(asking.technique, othersAreSilent: ladder.isSharedPortSilent)
                    return address
                } catch let error as PortMapperError {
                    ladder.failed(error, by: asking.technique, at: now)
                }
            // Nothing to withdraw: PCPTechnique withdraws its temporary mapping itself.
            case .withdraw: break
            case .end:
                throw told(
                    ladder.error
                        ?? .noAnswer(
                            gateway: target.name, after: budget.start.duration(to: now)))
            }
        }
    }

    private static func addressOrder(
        _ only: Technique?, of family: AddressFamily
    ) -> [Technique] {
        if let only { return [only] }
        return family == .ipv4 ? [.natPMP, .pcp, .upnp] : Technique.of(family)
    }

    /// The failure to report when the techniques that were asked brought this one: what the search
    /// beside them came upon says more than their silence, if time was over before UPnP's turn.
    func told(_ error: PortMapperError) -> PortMapperError {
        switch (error, upnp.problem) {
        case (.noAnswer(_, nil, _), let problem?), (.closed(_, nil, _), let problem?):
            if case .noAnswer(_, nil, _) = problem { error } else { problem }
        default: error
        }
    }

    /// Asks one technique for the external address.
    func externalAddress(
        by technique: Technique, _ limit: AskLimit
    ) async throws -> ExternalAddress {
        guard let address = try await self.technique(technique).externalAddress(limit) else {
            throw PortMapperError.noExternalAddress(gateway: target.name, technique: technique)
        }
        var warnings = ExternalAddressCheck.warnings(
            for: address, gateway: target.socketAddress.address)
        if technique == .upnp { warnings += upnp.warnings }
        return ExternalAddress(
            address: address, technique: technique, gateway: target.name, warnings: warnings)
    }

    /// How much of the user's time limit is left to delete what the table does not show.
    private static let deletion = Duration.seconds(1)

    /// Reads by UPnP whether the gateway's table shows a mapping, whichever technique made it.
    ///
    /// - Throws: `PortMapperError` when the table cannot be read, `CancellationError`.
    func hasMapping(_ lease: Lease) async throws -> Bool {
        var limit = wholeLimit
        if budget.searchLimit == nil {
            let rest = budget.deadline - now
            limit.end = budget.deadline - min(Self.deletion, rest / 2)
        }
        let entry = try await igd.entry(lease.portMappingKey, limit)
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
    ///   - leases: leases of this gateway.
    ///   - store: the lease file.
    ///   - asked: what is asked for next in place of some of these leases, recorded with their
    ///     removal, so that no other holder takes the port for unmapped.
    ///   - keepsAsked: whether to keep a lease that was only asked for and is not there: the
    ///     gateway may still carry out the request.
    /// - Returns: an outcome for each lease; those that could not be deleted stay in the file, one
    ///   that is still open with its new end.
    /// - Throws: `CancellationError`.
    @discardableResult
    func delete(
        _ leases: [Lease], in store: LeaseStore, asking asked: [Lease] = [],
        keepsAsked: Bool = false
    ) async throws -> [Result<LeaseRemoval, PortMapperError>] {
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
        var open: [Lease] = []
        let told = zip(leases, outcomes).map {
            lease, outcome -> Result<LeaseRemoval, PortMapperError> in
            switch outcome {
            case .success(.stillOpen(let seconds)):
                open.append(lease.ending(after: seconds, at: .now))
                return .success(.stillOpen(open[open.endIndex - 1]))
            case .success(.absent) where keepsAsked && lease.state == .asked:
                return .failure(
                    .noAnswer(gateway: target.name, after: budget.start.duration(to: now)))
            case .success, nil:
                gone.insert(lease.key)
                return .success(.gone)
            case .failure(let error):
                return .failure(error)
            }
        }
        try await store.remove(gone, keeping: open, asking: asked)
        return told
    }

    /// What became of a lease that was to be deleted.
    enum LeaseRemoval: Sendable {
        /// Its mapping is gone, and the lease with it.
        case gone
        /// The gateway does not let go of it; the lease as it is now.
        case stillOpen(Lease)
    }

    /// Deletes this host's mapping of a port by NAT-PMP, which needs no lease for it.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`.
    func deleteByNATPMP(_ port: UnmapRequest.Port) async throws {
        try await NATPMPClient(socket: socket).unmap(
            port.transport, internalPort: port.number, wholeLimit)
    }

    /// Whether this host has an address and can reach the gateway from it.
    func hasAddress(_ address: IPAddress) -> Bool {
        address == socket.local.address || (try? target.socket(fromOwn: address)) != nil
    }

    /// The address to send a lease's requests from: its own, or this session's when the lease leads
    /// to another host.
    private func sourceAddress(of lease: Lease) -> IPAddress {
        lease.isThirdParty ? socket.local.address : lease.key.internalAddress
    }

    /// Deletes leases that were requested from one address of this host; by UPnP any address can
    /// delete them.
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
            // A pinhole is closed only from its own address.
            for index in leases.indices
            where leases[index].technique == .upnp && target.family == .ipv4 {
                outcomes[index] = try await igd.delete([leases[index]], wholeLimit)[0]
            }
            return outcomes
        }
        // One search is enough for all addresses, but pinholes are closed from their own.
        return try await other.deleteByTechnique(
            leases, upnp: target.family == .ipv6 ? other.upnp : upnp)
    }

    private func deleteByTechnique(
        _ leases: [Lease], upnp: any UPnPTechnique
    ) async throws -> [Result<Removal, PortMapperError>] {
        var outcomes: [Result<Removal, PortMapperError>] = leases.map { _ in .success(.absent) }
        for technique in Technique.allCases {
            let indices = leases.indices.filter { leases[$0].technique == technique }
            guard !indices.isEmpty else { continue }
            let way = technique == .upnp ? upnp : self.technique(technique)
            let results = try await way.delete(indices.map { leases[$0] }, wholeLimit)
            for (index, result) in zip(indices, results) { outcomes[index] = result }
        }
        // A process may have ended before it learnt that the gateway speaks only NAT-PMP.
        for index in leases.indices where leases[index].state == .asked {
            guard case .failure(.unsupported(_, .pcp)) = outcomes[index] else { continue }
            outcomes[index] = try await natpmp.delete([leases[index]], wholeLimit)[0]
        }
        for index in leases.indices where leases[index].technique == .pcp {
            guard target.family == .ipv6, case .failure(.refused(let refusal)) = outcomes[index],
                refusal.isNotAuthorized
            else { continue }
            outcomes[index] = try await deletePinhole(leases[index], upnp, otherwise: refusal)
        }
        return outcomes
    }

    /// How long the way round by UPnP may take.
    private static let pinholeSearch = Duration.seconds(2)

    /// Deletes a pinhole of which the gateway has lost the nonce, which miniupnpd 2.3.1 does at the
    /// first renewal: by UPnP, which has one table with PCP there.
    ///
    /// The shortest lifetime is asked for first: it costs one round trip and takes any nonce.
    private func deletePinhole(
        _ lease: Lease, _ upnp: any UPnPTechnique, otherwise refusal: GatewayRefusal
    ) async throws -> Result<Removal, PortMapperError> {
        log.debug(
            "\(target.name): it does not know the nonce of \(lease.key.internalPort) any more")
        // Somebody else's, where that is refused as well.
        guard case .success(let seconds) = try await pcp.shorten(lease, wholeLimit) else {
            return .failure(.refused(refusal))
        }
        let end = min(budget.deadline, now + Self.pinholeSearch)
        let limit = AskLimit(budget: budget, end: end)
        switch try await upnp.delete([lease], limit)[0] {
        case .success(.deleted), .success(.absent): return .success(.deleted)
        case .success(.stillOpen(let seconds)): return .success(.stillOpen(seconds: seconds))
        case .failure: return .success(.stillOpen(seconds: seconds))
        }
    }

    /// How long `release` may take: five seconds, less a little for the lease file.
    private static let releaseLimit = Duration.milliseconds(4800)
    /// How long `release` waits for another process's lock of the lease file.
    private static let lockWait = Duration.seconds(1)

    /// The outcome of `release`.
    struct Release {
        /// An outcome for each lease, unless the task was cancelled.
        var outcomes: [Result<LeaseRemoval, PortMapperError>] = []
        /// The superseded mappings that could not be deleted, each with its failure.
        var remaining: [(lease: Lease, error: PortMapperError)] = []
        /// Warnings about the lease file.
        var warnings: [MapperWarning] = []
    }

    /// Deletes leases within five seconds; a silent gateway is asked for all of that time.
    ///
    /// Runs even if the task was cancelled, because the gateway must still be told, and on a new
    /// socket, on which no earlier answer can arrive. Leases that cannot be deleted stay in the
    /// file.
    ///
    /// - Parameters:
    ///   - leases: leases of this gateway.
    ///   - superseded: UPnP mappings of the same ports that another technique has taken over; the
    ///     lease file has one lease for each port, and not theirs. They are deleted last, because
    ///     UPnP could not be reached before.
    ///   - target: the gateway.
    ///   - service: its connection service, where one is known: on a bad line a search takes most of
    ///     the five seconds.
    ///   - leaseFile: the lease file.
    /// - Returns: what was deleted, and what was not.
    @discardableResult
    static func release(
        _ leases: [Lease], superseded: [Lease] = [], on target: GatewayTarget,
        knowing service: IGDFinder.Found?, leaseFile: LeaseFile
    ) async -> Release {
        guard !leases.isEmpty || !superseded.isEmpty else { return Release() }
        // A task of its own, which nobody cancels.
        return await Task {
            var file = leaseFile
            file.lockWait = lockWait
            let store = LeaseStore(file)
            var release = Release()
            do {
                // A device of another gateway is not this one's.
                let others = (try? GatewaySelection().of(target.family).targets()) ?? []
                let session = try GatewaySession(
                    target, others: others, isProbe: true,
                    budget: TimeBudget(limit: releaseLimit))
                if let service { session.igd.begin(with: service) }
                release.outcomes = try await session.delete(leases, in: store, keepsAsked: true)
                release.remaining = try await session.deleteSuperseded(superseded)
            } catch let error as PortMapperError {
                release.outcomes = leases.map { _ in .failure(error) }
                release.remaining = superseded.map { ($0, error) }
            } catch {}
            try? await store.keep(release.remaining.map(\.lease))
            release.warnings = store.warnings
            return release
        }.value
    }

    /// Deletes UPnP mappings that another technique has taken over.
    ///
    /// - Returns: those that could not be deleted, each with its failure.
    /// - Throws: `CancellationError`.
    private func deleteSuperseded(
        _ leases: [Lease]
    ) async throws -> [(lease: Lease, error: PortMapperError)] {
        guard !leases.isEmpty else { return [] }
        do {
            let outcomes = try await upnp.delete(leases, wholeLimit)
            return zip(leases, outcomes).compactMap { lease, outcome in
                guard case .failure(let error) = outcome else { return nil }
                return (lease, error)
            }
        } catch let error as PortMapperError {
            return leases.map { ($0, error) }
        }
    }
}

extension PortMapperError {
    /// The failure for a lease that leads to a former address of this host.
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

/// The sessions of a command or of held mappings, one for each gateway and internal address.
///
/// Held mappings keep their sockets and epochs from one renewal to the next.
final class GatewaySessions {
    private struct Key: Hashable {
        var target: GatewayTarget
        var internalAddress: IPAddress?
    }

    private var sessions: [Key: GatewaySession] = [:]
    private var order: [Key] = []
    private let technique: Technique?
    private let memory: GatewayMemory?

    /// - Parameters:
    ///   - technique: the only technique to use; `nil` allows all.
    ///   - memory: what is remembered of gateways; `nil` is nothing.
    init(via technique: Technique? = nil, memory: GatewayMemory? = nil) {
        self.technique = technique
        self.memory = memory
    }

    /// All sessions, in the order they were opened.
    var all: [GatewaySession] { order.compactMap { sessions[$0] } }

    /// Returns the session with a gateway, and opens one if there is none.
    ///
    /// - Parameters:
    ///   - target: the gateway.
    ///   - internalAddress: where mappings lead; `nil` is this host's address towards the gateway.
    ///   - others: all candidates.
    ///   - budget: the time limit of the present command or renewal.
    /// - Returns: the session.
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
            memory: memory, budget: budget)
        sessions[key] = session
        order.append(key)
        return session
    }

    /// Closes all sockets: this host's addresses or the paths to gateways have changed.
    func close() { (sessions, order) = ([:], []) }
}
