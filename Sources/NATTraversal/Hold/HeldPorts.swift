/// What was read of a mapping in its gateway's table, by UPnP.
struct TableReading: Sendable {
    /// Whether the entry is there; `nil` when the table cannot be read.
    var isPresent: Bool?
    /// The external address, where it was asked for and UPnP told one.
    var externalAddress: IPAddress?
    /// What the table lacks, or why something could not be read.
    var failure: PortMapperError?
    /// Whether the gateway's epoch has shown that it lost its table.
    var hasLostTable = false
}

/// What is known of a gateway that has granted something, beside its mappings.
struct HeldGateway: Sendable {
    /// After this many failed reads in a row the table counts as unavailable.
    private static let readLimit = 3

    /// The external address as the gateway told it last.
    private var externalAddress: IPAddress?
    private var failedReads = 0

    /// Whether reading its table is worth a try.
    var isReadable: Bool { failedReads < Self.readLimit }

    /// The gateway has told its external address, or left it out.
    ///
    /// - Returns: what listeners are told: nothing of the first address, which the mapping shows.
    mutating func told(_ new: IPAddress?) -> MapperEvent.Change? {
        guard let new, new != externalAddress else { return nil }
        defer { externalAddress = new }
        return externalAddress.map { .externalAddressChanged(new, previous: $0) }
    }

    /// The table was read, and shows this host's mappings.
    mutating func wasRead() { failedReads = 0 }

    /// The table could not be read.
    mutating func failedToRead() { failedReads += 1 }

    /// The table never shows mappings of the technique that is used here.
    mutating func isUnreadable() { failedReads = Self.readLimit }
}

/// All ports of one holder, in the order of the requests, and the gateways that map them.
///
/// Pure, as `HeldPort` is: it says what an answer about several ports changes.
struct HeldPorts: Sendable {
    /// What comes of grants that arrived together.
    struct Batch: Sendable {
        /// What the plan is told of one grant.
        struct Step: Sendable {
            var index: Int
            var mapping: Mapping
            var evidence: HoldPlan.Evidence
        }

        /// What listeners are told, once all of it has happened.
        var changes: [MapperEvent.Change] = []
        var steps: [Step] = []
        /// The leases that are to be kept from now on.
        var leases: [Lease] = []
        /// The leases that need not be kept any more.
        var replaced: Set<Lease.Key> = []
        /// Mappings that other gateways are to delete.
        var left: [HeldMapping] = []
    }

    /// What a reading of a gateway's table means.
    struct TableNews: Sendable {
        /// What listeners are told.
        var change: MapperEvent.Change?
        /// Whether the table has the mapping; `nil` when that is not known.
        var isPresent: Bool?
        /// The mappings that are to be renewed because the external address is another one.
        var outdated: [Int] = []
        /// Whether the gateway may have restarted.
        var isHint = false
    }

    /// Ports that are renewed together, from one address of this host.
    struct RenewalGroup: Sendable {
        /// The gateway; `nil` for mappings that are not there.
        var target: GatewayTarget?
        var indices: [Int]
    }

    private var ports: [HeldPort]
    /// By the gateways' addresses.
    private var gateways: [GatewayAddress: HeldGateway] = [:]
    /// What the user was warned of at the last request beside the ports' own warnings.
    private var otherWarnings: [MapperWarning] = []

    /// Ports that are not mapped yet.
    init(_ requests: [MappingRequest]) { ports = requests.map(HeldPort.init) }

    subscript(index: Int) -> HeldPort { ports[index] }

    // MARK: What there is

    /// The places of the mappings that these leases are of.
    func indices(of keys: Set<Lease.Key>) -> [Int] {
        ports.indices.filter { ports[$0].held.map { keys.contains($0.lease.key) } ?? false }
    }

    /// The mappings that are there.
    var mappings: [Mapping] { ports.compactMap(\.held?.mapping) }

    /// The gateways that have granted something, each once.
    var targets: [GatewayTarget] { ports.compactMap(\.held?.target).grouped { $0 }.map(\.key) }

    /// Each warning that holds, once.
    var warnings: [MapperWarning] {
        var report = MappingReport()
        report.add(ports.flatMap(\.warnings) + otherWarnings)
        return report.warnings
    }

    /// Every local and public port that is assigned.
    ///
    /// - Parameters:
    ///   - localAddresses: which local addresses count; `nil` is none.
    ///   - everyAddress: every address of this host.
    ///   - pathAddress: this host's address towards the best gateway, where there is one.
    /// - Returns: the assignments in the order of the requests, each port's local ones first.
    func assignments(
        _ localAddresses: HoldOptions.LocalAddresses?, everyAddress: [IPAddress],
        pathAddress: IPAddress?
    ) -> [PortAssignment] {
        ports.flatMap { port in
            let (request, mapping) = (port.request, port.held?.mapping)
            let addresses: [IPAddress] =
                switch localAddresses {
                case nil: []
                case .only(let address): [address]
                case .everyInterface: everyAddress
                case .internal:
                    [
                        mapping?.internalAddress ?? request.internalAddress
                            ?? pathAddress
                    ].compactMap(\.self)
                }
            let local = addresses.map {
                PortAssignment(request.transport, address: $0, port: request.internalPort)
            }
            guard let mapping, let address = mapping.externalAddress else { return local }
            return local + [
                PortAssignment(
                    request.transport, address: address, port: mapping.externalPort,
                    technique: mapping.technique)
            ]
        }
    }

    // MARK: What is asked

    /// Who is asked to renew these, in the order of the first port of each.
    func renewals(of indices: [Int]) -> [RenewalGroup] {
        struct Source: Hashable {
            var target: GatewayTarget?
            var internalAddress: IPAddress?
        }
        return indices.grouped { index in
            Source(
                target: ports[index].held?.target,
                internalAddress: ports[index].request.internalAddress)
        }.map { RenewalGroup(target: $0.key.target, indices: $0.elements) }
    }

    /// What may be in the gateways' tables, in the order of the first port of each gateway.
    func remainders(at now: Timestamp) -> [(target: GatewayTarget, indices: [Int], leases: [Lease])]
    {
        ports.indices.compactMap { index in ports[index].remainder(at: now).map { (index, $0) } }
            .grouped { $0.1.target }
            .map { ($0.key, $0.elements.map(\.0), $0.elements.map(\.1.lease)) }
    }

    /// The UPnP mappings of these ports that another technique has taken over and that may still be
    /// in the gateway's table.
    func superseded(of indices: [Int], on target: GatewayTarget, at now: Timestamp) -> [Lease] {
        indices.compactMap { ports[$0].superseded }
            .filter { $0.target == target && $0.lease.isLive(at: now) }.map(\.lease)
    }

    /// The mapping whose entry in the gateway's table is worth reading.
    func readable(_ index: Int) -> HeldMapping? {
        guard let held = ports[index].held else { return nil }
        return gateways[held.mapping.gateway, default: HeldGateway()].isReadable ? held : nil
    }

    // MARK: What has happened

    /// Takes what was granted together, so that each event tells the state after all of it.
    ///
    /// - Parameters:
    ///   - grants: what was granted, with the places of the ports.
    ///   - gateway: the one that was asked, where it has shown that it had lost its table.
    /// - Returns: what that changes.
    mutating func take(
        _ grants: [(index: Int, grant: HeldPort.Grant)], lossOf gateway: GatewayAddress?
    ) -> Batch {
        var batch = Batch()
        if let gateway { batch.changes.append(.gatewayRestarted(gateway: gateway)) }
        for (index, grant) in grants {
            let update = ports[index].granted(grant, hasLostTable: gateway != nil)
            guard let held = ports[index].held else { continue }
            if let replaced = update.replaced {
                batch.replaced.insert(replaced.lease.key)
                if replaced.target != held.target { batch.left.append(replaced) }
            }
            batch.leases.append(held.lease)
            let name = held.mapping.gateway
            let addressChange = gateways[name, default: HeldGateway()]
                .told(held.mapping.externalAddress)
            batch.changes += [addressChange, update.change].compactMap(\.self)
            batch.steps.append(
                Batch.Step(index: index, mapping: held.mapping, evidence: update.evidence))
        }
        return batch
    }

    /// Takes the warnings of the last grants.
    ///
    /// - Parameters:
    ///   - own: those of single ports, by their places; the others keep theirs.
    ///   - others: all that do not belong to a port.
    /// - Returns: those that the user was not warned of before.
    mutating func warn(
        _ own: [(index: Int, warnings: [MapperWarning])], others: [MapperWarning]
    ) -> [MapperWarning] {
        let old = Set(warnings)
        for (index, warnings) in own { ports[index].warnings = warnings }
        otherWarnings = others
        return warnings.filter { !old.contains($0) }
    }

    /// A request for a port brought nothing.
    mutating func failed(
        _ index: Int, _ error: PortMapperError, _ consequence: HeldMappingState.Consequence
    ) -> MapperEvent.Change? {
        ports[index].failed(error, consequence)
    }

    /// A port's mapping is gone.
    mutating func lost(_ index: Int, because error: PortMapperError) -> MapperEvent.Change? {
        ports[index].lost(because: error)
    }

    /// What is left of a port's mapping was deleted.
    mutating func deleted(_ index: Int) -> Mapping? { ports[index].deleted() }

    /// The path to the gateways is another one: their tables are worth another try.
    mutating func pathHasChanged() {
        for name in gateways.keys { gateways[name]?.wasRead() }
    }

    /// Takes what the gateway's table shows of a mapping.
    mutating func take(_ reading: TableReading, of index: Int) -> TableNews {
        guard let mapping = ports[index].held?.mapping else { return TableNews() }
        let isByUPnP = mapping.technique == .upnp
        if reading.hasLostTable { return TableNews(isHint: true) }
        switch reading.isPresent {
        case true?:
            gateways[mapping.gateway]?.wasRead()
            ports[index].seen()
            let isOutdated =
                reading.externalAddress.map { $0 != mapping.externalAddress } ?? false
            return TableNews(
                isPresent: true,
                outdated: isOutdated ? indices(mappedBy: mapping.gateway) : [],
                isHint: reading.failure != nil)
        case false? where isByUPnP || showsOthers(mapping.gateway):
            let change = reading.failure.flatMap { ports[index].lost(because: $0) }
            return TableNews(change: change, isPresent: false)
        case false?:
            // A gateway with a table for each technique shows nothing of the others', and one that
            // has lost this mapping grants it again.
            gateways[mapping.gateway]?.isUnreadable()
            return TableNews(isHint: true)
        case nil:
            if !isByUPnP { gateways[mapping.gateway]?.failedToRead() }
            return TableNews(isHint: isByUPnP)
        }
    }

    /// The mappings that a response says are others now; only their gateway knows their nonces.
    func updated(by response: PCPResponse) -> [Int] {
        ports.indices.filter { ports[$0].isUpdated(by: response) }
    }

    /// Whether a gateway's UPnP table has shown what another technique has made.
    private func showsOthers(_ gateway: GatewayAddress) -> Bool {
        indices(mappedBy: gateway).contains { ports[$0].held?.wasSeen == true }
    }

    private func indices(mappedBy gateway: GatewayAddress) -> [Int] {
        ports.indices.filter { ports[$0].held?.mapping.gateway == gateway }
    }
}

extension Sequence {
    /// The elements by a key that they share, in the order in which the keys first occur: what goes
    /// out to gateways must not depend on the order of a dictionary.
    func grouped<Key: Hashable>(
        by key: (Element) -> Key
    ) -> [(key: Key, elements: [Element])] {
        var places: [Key: Int] = [:]
        var groups: [(key: Key, elements: [Element])] = []
        for element in self {
            let key = key(element)
            if let place = places[key] {
                groups[place].elements.append(element)
            } else {
                places[key] = groups.count
                groups.append((key, [element]))
            }
        }
        return groups
    }
}
