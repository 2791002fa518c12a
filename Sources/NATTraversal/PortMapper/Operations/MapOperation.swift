import Logging

/// Maps ports on one gateway: plans, remembers, asks, checks what was granted, remembers again.
final class MapOperation {
    let session: GatewaySession
    private let selection: GatewaySelection
    private let book: LeaseBook
    private(set) var jobs: [MappingJob] = []

    init(_ session: GatewaySession, selection: GatewaySelection, book: LeaseBook) {
        self.session = session
        self.selection = selection
        self.book = book
    }

    /// Maps; `jobs` then has an outcome for each request.
    ///
    /// - Parameters:
    ///   - requests: in the order they are to be asked.
    ///   - silenceLimit: when to give up a gateway that has said nothing, where another one waits.
    /// - Throws: `CancellationError`.
    func run(
        _ requests: [MappingRequest], silenceLimit: ContinuousClock.Instant? = nil
    ) async throws {
        try await begin(requests)
        try await deleteMoved()
        // Jobs of one order of techniques are asked together; nearly always that is all.
        let open = jobs.indices.filter { jobs[$0].outcome == nil }
        for techniques in Set(open.map { jobs[$0].techniques }) {
            try await ask(
                open.filter { jobs[$0].techniques == techniques }, by: techniques,
                silenceLimit: silenceLimit)
        }
        try await takeBackUnwanted()
        try await restoreMoved()
        try await end()
    }

    /// What may exist on the gateway of what this operation has newly asked for.
    var newLeases: [Lease] {
        jobs.filter { $0.plan != .renewal && $0.failure == nil }.map {
            $0.intent(isThirdParty: session.isThirdParty, at: .now)
        }
    }

    /// Reads the leases and records what is about to be asked, without waiting for the disk.
    private func begin(_ requests: [MappingRequest]) async throws {
        let (target, internalAddress) = (session.target.name, session.internalAddress)
        let (selection, isThirdParty) = (selection, session.isThirdParty)
        let now = Timestamp.now
        let (jobs, elsewhere) = try await book.change(isDurable: false) { table in
            let jobs = requests.map { request in
                let key = Lease.Key(
                    gateway: target, transport: request.transport,
                    internalAddress: internalAddress, internalPort: request.internalPort)
                return MappingJob(
                    request, key: key, old: table[key], selection: selection,
                    isThirdParty: isThirdParty)
            }
            for job in jobs where job.plan == .new {
                table[job.key] = job.intent(isThirdParty: isThirdParty, at: now)
            }
            return (jobs, isThirdParty ? [] : table.leases(ofSamePortsAs: jobs.map(\.key)))
        }
        self.jobs = jobs
        for (job, plan) in jobs.map({ ($0, $0.plan) }) {
            log.debug("\(job.key.transport.rawValue) \(job.key.internalPort): \(plan)")
        }
        try await letGo(elsewhere)
    }

    /// Deletes leases of the same ports from another address of this host, a second interface or a
    /// lease of DHCP's that has changed, as far as the host still has it.
    private func letGo(_ leases: [Lease]) async throws {
        guard !leases.isEmpty else { return }
        let operation = UnmapOperation(session.target, patience: session.patience, book: book)
        try await operation.run(leases)
    }

    /// Deletes what a moved mapping leaves behind, and records what is asked for in its place.
    private func deleteMoved() async throws {
        let moved = jobs.indices.filter { jobs[$0].plan == .move }
        guard !moved.isEmpty else { return }
        let operation = UnmapOperation(session.target, patience: session.patience, book: book)
        let outcomes = try await operation.run(moved.compactMap { jobs[$0].old })
        for (index, outcome) in zip(moved, outcomes) {
            if case .failure(let error) = outcome, !TechniqueChoice.goesOn(after: error) {
                jobs[index].take(.failure(error))
            }
        }
        let now = Timestamp.now
        let isThirdParty = session.isThirdParty
        let intents = moved.filter { jobs[$0].outcome == nil }.map {
            jobs[$0].intent(isThirdParty: isThirdParty, at: now)
        }
        try await book.change(isDurable: false) { table in
            for intent in intents { table[intent.key] = intent }
        }
    }

    /// Asks by one technique after the other until none goes on.
    private func ask(
        _ indices: [Int], by techniques: [Technique],
        silenceLimit: ContinuousClock.Instant?
    ) async throws {
        guard !techniques.isEmpty else {
            for index in indices { jobs[index].take(.failure(session.inexpressible)) }
            return
        }
        var rest = indices
        for technique in techniques {
            guard let first = rest.first else { return }
            // A remembered technique is not worth waiting for when another can be asked.
            let isLast = technique == techniques.last || technique == .pcp
            let limit = isLast ? silenceLimit : session.link.now + .seconds(1)
            // The first alone: what it finds out of the gateway spares the others the same.
            try await ask([first], by: technique, until: limit)
            switch jobs[first].failure {
            case .noAnswer where !isLast:
                withdraw([first], technique)
            case .closed(let gateway, let cause):
                fail(rest, .closed(gateway: gateway, cause: cause))
                return
            case .noAnswer(let gateway, let after):
                withdraw([first], technique)
                fail(rest, .noAnswer(gateway: gateway, after: after))
                return
            case .unsupported(let gateway, let technique):
                fail(rest, .unsupported(gateway: gateway, technique: technique))
            default:
                try await ask(Array(rest.dropFirst()), by: technique, until: nil)
                try await askForOtherPorts(rest, by: technique)
                rest = rest.filter { index in
                    jobs[index].failure.map(TechniqueChoice.goesOn(after:)) ?? false
                }
            }
        }
    }

    private func fail(_ indices: [Int], _ error: PortMapperError) {
        for index in indices { jobs[index].take(.failure(error)) }
    }

    /// Takes back requests that were silent, before another way is tried.
    private func withdraw(_ indices: [Int], _ technique: Technique) {
        for job in indices.map({ jobs[$0] }) {
            switch technique {
            case .pcp: session.pcp.withdraw(job.pcpOrder(isThirdParty: session.isThirdParty))
            case .natPMP: session.natpmp.withdraw(job.natpmpRequest)
            case .upnp: break
            }
        }
    }

    private func ask(
        _ indices: [Int], by technique: Technique, until limit: ContinuousClock.Instant?
    ) async throws {
        switch technique {
        case .pcp: try await askByPCP(indices, until: limit)
        case .natPMP: try await askByNATPMP(indices, until: limit)
        case .upnp: break
        }
    }

    private func askByPCP(_ indices: [Int], until limit: ContinuousClock.Instant?) async throws {
        let orders = indices.map { jobs[$0].pcpOrder(isThirdParty: session.isThirdParty) }
        let outcomes = try await session.pcp.map(
            orders, isNATPMPAllowed: selection.technique == nil, patience: session.patience,
            until: limit)
        for (index, outcome) in zip(indices, outcomes) {
            jobs[index].take(outcome.map(MappingGrant.init))
        }
        try await renewAnew(indices, until: limit)
    }

    /// Some gateways cannot renew and say NO_RESOURCES: delete, and map the same port again (N-8).
    private func renewAnew(_ indices: [Int], until limit: ContinuousClock.Instant?) async throws {
        let stuck = indices.filter { index in
            guard case .refused(let refusal) = jobs[index].failure else { return false }
            return refusal.technique == .pcp && refusal.code == 8 && jobs[index].plan == .renewal
        }
        guard !stuck.isEmpty else { return }
        log.debug("\(session.target.name): it cannot renew; mapping anew")
        let orders = stuck.map { jobs[$0].pcpOrder(isThirdParty: session.isThirdParty) }
        _ = try await session.pcp.unmap(orders.map(\.delete), patience: session.patience)
        let outcomes = try await session.pcp.map(orders, patience: session.patience, until: limit)
        for (index, outcome) in zip(stuck, outcomes) {
            jobs[index].take(outcome.map(MappingGrant.init))
        }
    }

    /// One after the other (RFC 6886, section 3.1).
    private func askByNATPMP(_ indices: [Int], until limit: ContinuousClock.Instant?) async throws {
        for (position, index) in indices.enumerated() {
            suggestSiblingsPort(to: index)
            do {
                let grant = try await session.mapByNATPMP(jobs[index].natpmpRequest, until: limit)
                jobs[index].take(.success(grant))
            } catch let error as PortMapperError {
                jobs[index].take(.failure(error))
                switch error {
                case .closed, .noAnswer, .unsupported, .system:
                    fail(Array(indices[position...]), error)
                    return
                default:
                    break
                }
            }
        }
    }

    /// The gateway reserves the other transport's port for the same host (RFC 6886, section 3.3).
    private func suggestSiblingsPort(to index: Int) {
        let job = jobs[index]
        guard job.plan != .renewal, job.request.externalPort == nil, !job.request.isExact,
            let sibling = jobs.first(where: {
                $0.key.internalPort == job.key.internalPort && $0.grant != nil
            })?.grant
        else { return }
        jobs[index].suggestedPort = sibling.externalPort
    }

    /// Asks for other external ports where the wanted one is not to be had, a few times.
    private func askForOtherPorts(_ indices: [Int], by technique: Technique) async throws {
        while true {
            let refused = indices.filter { jobs[$0].wantsOtherPort(technique) }
            guard !refused.isEmpty else { return }
            for index in refused {
                jobs[index].portAttempts += 1
                jobs[index].suggestedPort = .randomDynamic()
                log.debug(
                    "external port refused; trying \(jobs[index].suggestedPort) instead")
            }
            try await ask(refused, by: technique, until: nil)
        }
    }

    /// Deletes grants that are not what was demanded.
    private func takeBackUnwanted() async throws {
        let unwanted = jobs.indices.compactMap { index in
            jobs[index].objection(gateway: session.target.name).map { (index, $0) }
        }
        guard !unwanted.isEmpty else { return }
        let now = Timestamp.now
        let leases = unwanted.compactMap { index, _ in
            jobs[index].grant.map {
                jobs[index].lease(of: $0, isThirdParty: session.isThirdParty, at: now)
            }
        }
        let operation = UnmapOperation(session.target, patience: session.patience, book: book)
        try await operation.run(leases)
        for (index, error) in unwanted { jobs[index].outcome = .failure(error) }
    }

    /// Asks again for what a move gave up in vain.
    private func restoreMoved() async throws {
        for index in jobs.indices {
            guard jobs[index].plan == .move, jobs[index].failure != nil, let old = jobs[index].old,
                old.state == .granted
            else { continue }
            jobs[index].restored = try await session.restore(old, isThirdParty: old.isThirdParty)
        }
    }

    /// Records what was granted, on the disk, before anyone is told of success.
    private func end() async throws {
        let now = Timestamp.now
        let (jobs, isThirdParty) = (jobs, session.isThirdParty)
        try await book.change(isDurable: jobs.contains { $0.grant != nil }) { table in
            for job in jobs {
                job.record(in: &table, isThirdParty: isThirdParty, at: now)
            }
        }
    }
}

extension MappingGrant {
    init(_ grant: PCPClient.Grant) {
        technique = .pcp
        externalAddress = grant.externalAddress
        externalPort = grant.externalPort
        lifetimeSeconds = grant.lifetime.wholeSeconds
    }
}
