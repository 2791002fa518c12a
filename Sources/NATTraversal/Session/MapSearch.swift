import Logging

/// Finds the gateway that maps: the candidates one after the other, until one grants something.
final class MapSearch {
    private let requests: [MappingRequest]
    private let selection: GatewaySelection
    private let book: LeaseStore
    private let budget: TimeBudget
    /// Kept to the end, so that a late grant of a gateway that was given up is taken back.
    private let sessions: GatewaySessions
    /// What the candidates so far have said, for each request.
    private var failures: [PortMapperError?]

    /// How long a gateway may say nothing when there is another one.
    private static let silence = Duration.seconds(1)

    init(
        _ requests: [MappingRequest], selection: GatewaySelection, book: LeaseStore,
        sessions: GatewaySessions = GatewaySessions()
    ) {
        self.requests = requests
        self.selection = selection
        self.book = book
        self.sessions = sessions
        budget = selection.budget(forPorts: requests.count)
        failures = Array(repeating: nil, count: requests.count)
    }

    /// What came of it: a job for each request on the gateway that was asked last, with what all
    /// candidates have said.
    struct Outcome {
        var target: GatewayTarget
        var jobs: [MappingJob]
        /// Why nothing was granted, for each request.
        var failures: [PortMapperError?]
        /// Where the jobs' gateway was asked.
        var sessions: [GatewaySession]
    }

    /// - Throws: `PortMapperError` when no gateway can be asked at all, `CancellationError`.
    func run() async throws -> Outcome {
        let targets = try selection.targets()
        for target in targets {
            let isLast = target == targets.last
            let jobs: [MappingJob]
            do {
                jobs = try await map(
                    on: target, of: targets, silenceLimit: isLast ? nil : .now + Self.silence)
            } catch let error as PortMapperError where !isLast {
                for index in requests.indices { note(error, for: index) }
                continue
            }
            for (index, job) in jobs.enumerated() { job.failure.map { note($0, for: index) } }
            if isLast || jobs.contains(where: { $0.grant != nil }) {
                for session in sessions.all { await session.link.answerLateGrants() }
                return Outcome(
                    target: target, jobs: jobs, failures: failures,
                    sessions: sessions.all.filter { $0.target == target })
            }
            log.debug("\(target.name) granted nothing; asking the next gateway")
        }
        throw PortMapperError.noGateway
    }

    private func note(_ error: PortMapperError, for index: Int) {
        failures[index] = TechniqueChoice.moreTelling(
            failures[index], error.silent(since: budget.start))
    }

    /// Asks one gateway; requests for different internal addresses take a socket each.
    private func map(
        on target: GatewayTarget, of targets: [GatewayTarget],
        silenceLimit: ContinuousClock.Instant?
    ) async throws -> [MappingJob] {
        var jobs: [Int: MappingJob] = [:]
        for address in Set(requests.map(\.internalAddress)) {
            let indices = requests.indices.filter { requests[$0].internalAddress == address }
            let session = try sessions.session(
                with: target, internalAddress: address.map(IPAddress.v4), others: targets,
                budget: budget)
            let operation = MapOperation(session, selection: selection, book: book)
            do {
                try await operation.run(
                    indices.map { requests[$0] }, silenceLimit: silenceLimit)
            } catch is CancellationError {
                await undo(operation.newLeases, on: target)
                throw CancellationError()
            }
            for (index, job) in zip(indices, operation.jobs) { jobs[index] = job }
        }
        return requests.indices.compactMap { jobs[$0] }
    }

    /// Deletes what a cancelled operation may have mapped; what cannot be deleted in time stays in
    /// the lease file as asked for.
    private func undo(_ leases: [Lease], on target: GatewayTarget) async {
        guard !leases.isEmpty else { return }
        await UnmapOperation.letGo(leases, on: target, leaseFile: book.file)
    }
}

extension MapSearch.Outcome {
    /// Whether a job's mapping leads to another host than this one.
    func isThirdParty(_ job: MappingJob) -> Bool {
        sessions.contains { $0.internalAddress == job.key.internalAddress && $0.isThirdParty }
    }

    /// The outcome as the public face shows it.
    var report: MappingReport {
        var report = MappingReport()
        for (job, failure) in zip(jobs, failures) {
            if let grant = job.grant {
                report.mappings.append(job.mapping(of: grant))
            } else if let error = failure {
                report.failures.append(
                    .init(
                        transport: job.key.transport, internalPort: job.key.internalPort,
                        error: error))
            }
        }
        report.add(jobs.flatMap { $0.warnings(of: target) })
        for session in sessions where jobs.contains(where: { $0.grant?.technique == .upnp }) {
            report.add(session.finder.warnings)
        }
        return report
    }
}

extension MappingJob {
    /// The warnings that a grant of this gateway deserves.
    func warnings(of target: GatewayTarget) -> [MapperWarning] {
        guard let grant else { return [] }
        guard grant.isAddressKnown else { return warnings }
        return warnings
            + ExternalAddressCheck.warnings(
                for: grant.externalAddress, gateway: target.socketAddress.address)
    }

    /// What was granted, as the public face shows it.
    func mapping(of grant: MappingGrant) -> Mapping {
        let expiry = grant.lifetimeSeconds.map(Timestamp.now.advanced(bySeconds:))
        return Mapping(
            transport: key.transport, internalAddress: key.internalAddress,
            internalPort: key.internalPort, externalAddress: grant.externalAddress,
            externalPort: grant.externalPort, remoteHost: request.remoteHost.map(IPAddress.v4),
            lifetime: grant.lifetimeSeconds.map { .seconds(Int64($0)) }, expiry: expiry,
            technique: grant.technique, gateway: key.gateway,
            description: request.shownDescription, isMine: true)
    }
}
