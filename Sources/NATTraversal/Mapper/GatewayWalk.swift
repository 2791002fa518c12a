import Logging

/// The candidate gateways in order: asks the next one when the previous one has refused by every
/// technique, or not answered for a second.
final class GatewayWalk {
    let targets: [GatewayTarget]
    let sessions: GatewaySessions
    private let selection: GatewaySelection
    private let budget: TimeBudget

    /// How long a gateway may be silent when another one is left.
    private static let silence = Duration.seconds(1)

    /// - Parameters:
    ///   - selection: which gateways to ask, how, and for how long.
    ///   - ports: the number of ports to map.
    ///   - memory: what is remembered of gateways; `nil` is nothing.
    ///   - sessions: the sessions of earlier walks, to keep their sockets and epochs.
    /// - Throws: `PortMapperError` when there is no gateway to ask.
    init(
        _ selection: GatewaySelection, forPorts ports: Int = 1, memory: GatewayMemory? = nil,
        sessions: GatewaySessions? = nil
    ) throws(PortMapperError) {
        self.selection = selection
        self.sessions = sessions ?? GatewaySessions(via: selection.technique, memory: memory)
        targets = try selection.targets()
        budget = selection.budget(forPorts: ports)
    }

    /// The candidates in order, each with the time at which to give it up if it is silent; the last
    /// one has all the time there is.
    private var candidates:
        some Sequence<(target: GatewayTarget, silenceEnd: ContinuousClock.Instant?)>
    {
        targets.lazy.map { [targets] target in
            (target, target == targets.last ? nil : .now + Self.silence)
        }
    }

    private func session(
        with target: GatewayTarget, internalAddress: IPAddress? = nil
    ) throws(PortMapperError) -> GatewaySession {
        try sessions.session(
            with: target, internalAddress: internalAddress, others: targets, budget: budget)
    }
}

/// The outcome of requests for mappings: an attempt for each request on the gateway that was asked
/// last, and the failures of all candidates.
struct MapOutcome {
    var target: GatewayTarget
    var attempts: [MappingAttempt]
    /// Why nothing was granted, for each request.
    var failures: [PortMapperError?]
    /// The warnings about the UPnP device that was asked.
    var deviceWarnings: [MapperWarning] = []
    /// The pairs that have two external ports, by the lease of tcp.
    var differentPorts: [Lease.Key: MapperWarning] = [:]
    /// Where answers go that do not leave through the gateway, by internal address and only peer.
    var replyRoutes: [ReplyPath: ReplyRoute] = [:]

    /// Whom a mapping is for.
    struct ReplyPath: Hashable {
        var address: IPAddress
        var peer: IPAddress?

        init(_ attempt: MappingAttempt) {
            address = attempt.key.internalAddress
            peer = attempt.request.remoteHost
        }
    }

    /// Whether a port was granted, which ends the walk.
    var grantsSomething: Bool { attempts.contains { $0.grant != nil } }

    /// The warnings about the grant of one attempt.
    func warnings(of attempt: MappingAttempt) -> [MapperWarning] {
        attempt.warnings(gateway: target.socketAddress.address)
            + [differentPorts[attempt.key]].compactMap(\.self)
            + (attempt.grant?.technique == .upnp ? deviceWarnings : [])
            + (attempt.grant == nil ? [] : replyWarnings(of: attempt))
    }

    private func replyWarnings(of attempt: MappingAttempt) -> [MapperWarning] {
        guard let route = replyRoutes[ReplyPath(attempt)] else { return [] }
        return [
            .repliesElsewhere(
                from: attempt.key.internalAddress, interface: route.interface,
                router: route.router, gateway: target.name)
        ]
    }

    /// Looks which pairs have two external ports.
    mutating func lookAtPairs() {
        for pair in attempts.pairs {
            guard let ports = attempts.newPorts(of: pair) else { continue }
            let key = attempts[pair.tcp].key
            differentPorts[key] = .differentPorts(key.internalPort, tcp: ports.tcp, udp: ports.udp)
        }
    }

    /// Looks up where the answers from mapped addresses of this host go.
    mutating func lookUpReplyRoutes() {
        var known: Set<ReplyPath> = []
        for attempt in attempts where attempt.grant != nil && !attempt.isThirdParty {
            let path = ReplyPath(attempt)
            guard known.insert(path).inserted else { continue }
            replyRoutes[path] = ReplyRoute.elsewhere(
                from: path.address, than: target, peer: path.peer)
        }
    }

    /// The outcome as a public value.
    var report: MappingReport {
        var report = MappingReport()
        for (attempt, failure) in zip(attempts, failures) {
            if let mapping = attempt.mapping {
                report.mappings.append(mapping)
            } else if let failure {
                report.failures.append(
                    .init(
                        transport: attempt.key.transport, internalPort: attempt.key.internalPort,
                        error: failure))
            }
        }
        report.add(attempts.flatMap(warnings(of:)))
        return report
    }
}

extension GatewayWalk {
    /// Maps on the first candidate that grants something.
    ///
    /// - Throws: `PortMapperError` when no gateway can be asked at all, `CancellationError`.
    func map(_ requests: [MappingRequest], store: LeaseStore) async throws -> MapOutcome {
        var answers: [Result<MapOutcome, PortMapperError>] = []
        for (target, silenceEnd) in candidates {
            let answer = try await Result {
                try await map(requests, on: target, store: store, silenceEnd: silenceEnd)
            }
            answers.append(answer)
            if case .success(let outcome) = answer, outcome.grantsSomething { break }
            log.debug("\(target.name) granted nothing")
        }
        // Deletes late grants of gateways that were given up.
        for session in sessions.all { await session.socket.answerLateGrants() }
        guard var outcome = answers.compactMap({ try? $0.get() }).last else {
            // No gateway could be asked at all.
            for answer in answers.reversed() { _ = try answer.get() }
            throw PortMapperError.noGateway
        }
        outcome.failures = requests.indices.map { index in
            answers.reduce(PortMapperError?.none) { failure, answer in
                switch answer {
                case .success(let former):
                    former.failures[index].map { .moreTelling(failure, $0) } ?? failure
                case .failure(let error): .moreTelling(failure, error)
                }
            }.map { explained($0.silent(since: budget.start)) }
        }
        return outcome
    }

    /// Asks one gateway; requests for different internal addresses have a socket each.
    private func map(
        _ requests: [MappingRequest], on target: GatewayTarget, store: LeaseStore,
        silenceEnd: ContinuousClock.Instant?
    ) async throws -> MapOutcome {
        var addresses: [IPAddress?] = []
        for request in requests where !addresses.contains(request.internalAddress) {
            addresses.append(request.internalAddress)
        }
        var attempts: [Int: MappingAttempt] = [:]
        var outcome = MapOutcome(target: target, attempts: [], failures: [])
        for address in addresses {
            let indices = requests.indices.filter { requests[$0].internalAddress == address }
            let session: GatewaySession
            do throws(PortMapperError) {
                if let address, target.family == .ipv6 {
                    // A sandbox that hides this host's addresses hides no more than a reason.
                    try PinholeAddress.check(address, among: (try? NetworkInterface.all()) ?? [])
                }
                session = try self.session(with: target, internalAddress: address)
            } catch {
                // Grants for other addresses are reported all the same.
                guard addresses.count > 1 else { throw error }
                for index in indices {
                    attempts[index] = MappingAttempt(
                        requests[index], of: target, failing: error)
                }
                continue
            }
            let transaction = MappingTransaction(
                session, via: selection.technique, store: store, silenceEnd: silenceEnd)
            let made = try await transaction.map(indices.map { requests[$0] })
            for (index, attempt) in zip(indices, made) { attempts[index] = attempt }
            outcome.deviceWarnings += session.upnp.warnings
        }
        outcome.attempts = requests.indices.compactMap { attempts[$0] }
        outcome.failures = outcome.attempts.map { $0.failure?.silent(since: budget.start) }
        outcome.lookAtPairs()
        outcome.lookUpReplyRoutes()
        return outcome
    }
}

extension GatewayWalk {
    /// Returns the external address of the first candidate that reports one; of IPv6 also the
    /// address to open that no candidate offers to open.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`.
    func externalAddress() async throws -> ExternalAddress {
        var failure: PortMapperError?
        var unopened: ExternalAddress?
        for (target, silenceEnd) in candidates {
            do {
                let session = try session(with: target)
                if target.family == .ipv6, unopened == nil {
                    unopened = ExternalAddress(
                        address: session.internalAddress, technique: nil, gateway: target.name,
                        warnings: [])
                }
                return try await session.externalAddress(
                    via: selection.technique, silenceEnd: silenceEnd)
            } catch let error as PortMapperError {
                failure = .moreTelling(failure, error)
            }
        }
        if let unopened { return unopened }
        throw explained((failure ?? .noGateway).silent(since: budget.start))
    }

    /// A failure for which no gateway has said anything, with what explains it.
    private func explained(_ error: PortMapperError) -> PortMapperError {
        switch error {
        case .noAnswer(_, nil, _), .closed(_, nil, _): break
        default: return error
        }
        return selection.isBehindBridge(targets) ? .behindBridge(error) : error
    }

    /// Returns the external addresses that all techniques of all candidates report.
    ///
    /// - Throws: `PortMapperError` when none does, `CancellationError`.
    func externalAddresses() async throws -> [ExternalAddress] {
        let (selection, targets) = (selection, targets)
        let questions = targets.flatMap { target in
            Technique.of(target.family).filter(selection.allows).map { (target, $0) }
        }
        let outcomes = try await withThrowingTaskGroup(
            of: (Int, Result<ExternalAddress, PortMapperError>).self
        ) { group in
            for (index, (target, technique)) in questions.enumerated() {
                group.addTask {
                    do {
                        let session = try GatewaySession(
                            target, others: targets, via: selection.technique ?? technique,
                            budget: selection.budget())
                        let address = try await session.externalAddress(
                            by: technique, session.wholeLimit)
                        return (index, .success(address))
                    } catch let error as PortMapperError {
                        return (index, .failure(error))
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
                .sorted { $0.0 < $1.0 }.map(\.1)
        }
        let answers = outcomes.compactMap { try? $0.get() }
        guard answers.isEmpty else { return answers }
        throw outcomes.reduce(nil) { failure, outcome in
            guard case .failure(let error) = outcome else { return failure }
            return .moreTelling(failure, error)
        } ?? PortMapperError.noGateway
    }
}
