import Logging

/// Finds the gateway that maps: the candidates one after the other, until one grants something.
final class MapSearch {
    private let requests: [MappingRequest]
    private let selection: GatewaySelection
    private let leaseFile: LeaseFile
    private let book: LeaseBook
    private let patience: Patience
    /// Kept to the end, so that a late grant of a gateway that was given up is taken back.
    private var sessions: [GatewaySession] = []
    /// What the candidates so far have said, for each request.
    private var failures: [PortMapperError?]

    /// How long a gateway may say nothing when there is another one.
    private static let silence = Duration.seconds(1)

    init(_ requests: [MappingRequest], selection: GatewaySelection, leaseFile: LeaseFile) {
        self.requests = requests
        self.selection = selection
        self.leaseFile = leaseFile
        book = LeaseBook(leaseFile)
        patience = selection.patience(forPorts: requests.count)
        failures = Array(repeating: nil, count: requests.count)
    }

    func run() async throws -> MappingReport {
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
                for session in sessions { try await session.link.answerLateGrants() }
                return report(jobs, gateway: target)
            }
            log.debug("\(target.name) granted nothing; asking the next gateway")
        }
        throw PortMapperError.noGateway
    }

    private func note(_ error: PortMapperError, for index: Int) {
        failures[index] = TechniqueChoice.moreTelling(
            failures[index], error.silent(since: patience.start))
    }

    /// Asks one gateway; requests for different internal addresses take a socket each.
    private func map(
        on target: GatewayTarget, of targets: [GatewayTarget],
        silenceLimit: ContinuousClock.Instant?
    ) async throws -> [MappingJob] {
        var jobs: [Int: MappingJob] = [:]
        for address in Set(requests.map(\.internalAddress)) {
            let indices = requests.indices.filter { requests[$0].internalAddress == address }
            let session = try GatewaySession(
                target, internalAddress: address.map(IPAddress.v4), others: targets,
                patience: patience)
            sessions.append(session)
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
        let leaseFile = leaseFile
        // A task of its own, because this one is cancelled and the gateway must still be told.
        await Task {
            let patience = Patience(limit: .seconds(5), silence: .seconds(1))
            let operation = UnmapOperation(
                target, patience: patience, book: LeaseBook(leaseFile))
            _ = try? await operation.run(leases)
        }.value
    }

    private func report(_ jobs: [MappingJob], gateway: GatewayTarget) -> MappingReport {
        var report = MappingReport()
        for (job, failure) in zip(jobs, failures) {
            if let grant = job.grant {
                report.mappings.append(job.mapping(of: grant))
                report.add(job.warnings)
                report.add(
                    ExternalAddressCheck.warnings(
                        for: grant.externalAddress, gateway: gateway.socketAddress.address))
            } else if let error = failure {
                report.failures.append(
                    .init(
                        transport: job.key.transport, internalPort: job.key.internalPort,
                        error: error))
            }
        }
        for session in sessions where jobs.contains(where: { $0.grant?.technique == .upnp }) {
            report.add(session.finder.warnings)
        }
        report.add(book.warnings)
        return report
    }
}

extension MappingJob {
    /// What was granted, as the public face shows it.
    fileprivate func mapping(of grant: MappingGrant) -> Mapping {
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
