import Logging

/// Maps ports on one gateway: plans, remembers, asks, checks what was granted, remembers again.
final class MapOperation {
    let session: GatewaySession
    let selection: GatewaySelection
    private let book: LeaseStore
    var jobs: [MappingJob] = []

    init(_ session: GatewaySession, selection: GatewaySelection, book: LeaseStore) {
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
        try await letGo(try await begin(requests))
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

    /// Renews what is granted already, by the technique that granted it and no other: what is not
    /// answered is left alone, for there is time to ask again.
    ///
    /// - Parameters:
    ///   - requests: as they were mapped; one whose lease is gone is mapped as `run` does.
    ///   - sendLimit: how often a datagram is sent; `nil` is until it is answered or time is over.
    /// - Throws: `CancellationError`.
    func renew(_ requests: [MappingRequest], sendLimit: Int?) async throws {
        _ = try await begin(requests)
        for technique in Technique.allCases {
            let renewals = jobs.indices.filter {
                jobs[$0].plan == .renewal && jobs[$0].old?.technique == technique
            }
            try await ask(renewals, by: technique, sendLimit: sendLimit, until: nil)
        }
        let others = jobs.indices.filter { jobs[$0].plan != .renewal }
        for techniques in Set(others.map { jobs[$0].techniques }) {
            try await ask(
                others.filter { jobs[$0].techniques == techniques }, by: techniques,
                silenceLimit: nil)
        }
        try await takeBackUnwanted()
        try await end()
    }

    /// What may exist on the gateway of what this operation has newly asked for.
    var newLeases: [Lease] {
        jobs.filter {
            $0.plan != .renewal && ($0.failure == nil || $0.portAskedByUPnP != nil)
        }.map { job in
            guard let grant = job.grant else {
                return job.intent(isThirdParty: session.isThirdParty, at: .now)
            }
            return job.lease(of: grant, isThirdParty: session.isThirdParty, at: .now)
        }
    }

    /// Reads the leases and records what is about to be asked, without waiting for the disk.
    ///
    /// - Returns: leases of the same ports from another address of this host.
    private func begin(_ requests: [MappingRequest]) async throws -> [Lease] {
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
        return elsewhere
    }

    /// Deletes leases of the same ports from another address of this host, a second interface or a
    /// lease of DHCP's that has changed, as far as the host still has it.
    private func letGo(_ leases: [Lease]) async throws {
        guard !leases.isEmpty else { return }
        let operation = UnmapOperation(session.target, budget: session.budget, book: book)
        try await operation.run(leases)
    }

    /// Deletes what a moved mapping leaves behind, and records what is asked for in its place.
    private func deleteMoved() async throws {
        let moved = jobs.indices.filter { jobs[$0].plan == .move }
        guard !moved.isEmpty else { return }
        let operation = UnmapOperation(session.target, budget: session.budget, book: book)
        let outcomes = try await operation.run(moved.compactMap { jobs[$0].old })
        for (index, outcome) in zip(moved, outcomes) {
            // What is no longer there to be asked cannot be deleted, and runs out.
            switch outcome {
            case .success, .failure(.unsupported), .failure(.closed): break
            case .failure(let error): jobs[index].fail(error)
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

    /// Deletes grants that are not what was demanded.
    private func takeBackUnwanted() async throws {
        var unwanted: [(Int, PortMapperError)] = []
        for index in jobs.indices {
            if let error = try await objection(to: jobs[index]) { unwanted.append((index, error)) }
        }
        guard !unwanted.isEmpty else { return }
        let now = Timestamp.now
        let leases = unwanted.compactMap { index, _ in
            jobs[index].grant.map {
                jobs[index].lease(of: $0, isThirdParty: session.isThirdParty, at: now)
            }
        }
        let operation = UnmapOperation(session.target, budget: session.budget, book: book)
        let deletions = try await operation.run(leases)
        for ((index, error), deletion) in zip(unwanted, deletions) {
            if case .failure = deletion { jobs[index].leftover = jobs[index].grant }
            jobs[index].fail(error)
        }
    }

    /// Why a grant is not what was demanded; `nil` when it is, or when there is none.
    private func objection(to job: MappingJob) async throws -> PortMapperError? {
        if let error = job.objection(gateway: session.target.name) { return error }
        guard job.request.mustBeVerified, let grant = job.grant,
            grant.technique != .upnp || !grant.isVerified
        else { return nil }
        do {
            try await session.verify(grant, of: job)
            return nil
        } catch let error as PortMapperError {
            return error
        }
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

    /// Records that a mapping is about to be asked for by UPnP, at this outside port: it is deleted in
    /// another way than what was asked for before.
    func recordUPnP(_ index: Int, at port: PortNumber) async throws {
        jobs[index].portAskedByUPnP = port
        let intent = jobs[index].intent(isThirdParty: session.isThirdParty, at: .now)
        try await book.change(isDurable: false) { table in
            if table[intent.key]?.state != .granted { table[intent.key] = intent }
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
