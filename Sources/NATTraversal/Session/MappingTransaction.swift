import Logging

/// Maps ports on one gateway and keeps the lease file in step.
///
/// It records each request before sending it, deletes leases that stand in the way or move, asks,
/// checks the grants, deletes those that do not fit, restores moved mappings, and records grants
/// before reporting them.
struct MappingTransaction {
    private let session: GatewaySession
    private let store: LeaseStore
    private var terms: MappingAttempt.Terms

    init(
        _ session: GatewaySession, via technique: Technique?, store: LeaseStore,
        silenceEnd: ContinuousClock.Instant? = nil
    ) {
        self.session = session
        self.store = store
        terms = MappingAttempt.Terms(
            only: technique, searchLimit: session.budget.searchLimit, silenceEnd: silenceEnd,
            isKnownSilent: session.isKnownSilent)
    }

    /// Maps ports, pairs of them on one external port where the gateway has one.
    ///
    /// When the task is cancelled, new mappings are deleted again; those that cannot be deleted in
    /// time stay in the lease file as asked for.
    ///
    /// - Parameter requests: the ports, in the order to ask for them.
    /// - Returns: an attempt for each request.
    /// - Throws: `PortMapperError.leaseFile` for more ports than the file can remember;
    ///   `CancellationError`.
    func map(_ requests: [MappingRequest]) async throws -> [MappingAttempt] {
        var attempts = try await mapEach(requests)
        do { try await bringTogether(&attempts) } catch is CancellationError {
            await releaseNew(attempts)
            throw CancellationError()
        }
        if let first = attempts.first, let technique = first.grant?.technique {
            session.remember(technique, othersAreSilent: first.ladder.isSharedPortSilent)
        }
        return attempts
    }

    /// Maps ports, each on an external port of its own.
    private func mapEach(_ requests: [MappingRequest]) async throws -> [MappingAttempt] {
        var (attempts, elsewhere) = try await remember(requests)
        do {
            try await session.delete(elsewhere, in: store)
            try await deleteMoved(&attempts)
            let open = attempts.indices.filter { !attempts[$0].isOver }
            // The first alone: the others skip the techniques that it has found missing.
            try await ask(Array(open.prefix(1)), of: &attempts)
            for index in open.dropFirst() {
                attempts[index].ladder.learn(from: attempts[open[0]].ladder)
            }
            try await ask(Array(open.dropFirst()), of: &attempts)
            try await deleteHalves(&attempts)
            try await restoreMoved(&attempts)
            try await record(attempts)
            return attempts
        } catch is CancellationError {
            await releaseNew(attempts)
            throw CancellationError()
        }
    }

    /// Deletes what is new, although the task was cancelled.
    private func releaseNew(_ attempts: [MappingAttempt]) async {
        let new = attempts.compactMap { $0.newLease(at: .now) }
        await GatewaySession.release(
            new, on: session.target, knowing: session.igd.known, leaseFile: store.file)
    }

    /// Renews mappings, each by the technique that granted it and no other.
    ///
    /// An unanswered renewal changes nothing, because there is time to try again.
    ///
    /// - Parameters:
    ///   - requests: the requests of the mappings; one without a lease is mapped as `map` does.
    ///   - sendLimit: how often to send each datagram; `nil` repeats it until it is answered or
    ///     time runs out.
    /// - Returns: an attempt for each request.
    /// - Throws: `CancellationError`.
    func renew(_ requests: [MappingRequest], sendLimit: Int?) async throws -> [MappingAttempt] {
        var renewing = self
        renewing.terms.renewsOnly = true
        var (attempts, _) = try await renewing.remember(requests)
        let renewals = attempts.indices.filter { attempts[$0].plan == .renewal }
        try await ask(renewals, of: &attempts, sendLimit)
        // Another process may have moved one of them, or unmapped it.
        try await deleteMoved(&attempts)
        try await ask(attempts.indices.filter { attempts[$0].plan != .renewal }, of: &attempts)
        try await restoreMoved(&attempts)
        try await record(attempts)
        return attempts
    }

    /// Reads the leases and records the requests, without waiting for the disk.
    ///
    /// - Returns: an attempt for each request, and the leases of the same ports that lead to
    ///   another address of this host: a second interface, or an address before DHCP changed it.
    private func remember(
        _ requests: [MappingRequest]
    ) async throws -> (attempts: [MappingAttempt], elsewhere: [Lease]) {
        let (gateway, address) = (session.target.name, session.internalAddress)
        let (isThirdParty, terms) = (session.isThirdParty, terms)
        let now = Timestamp.now
        let keys = requests.map { request in
            Lease.Key(
                gateway: gateway, transport: request.transport, internalAddress: address,
                internalPort: request.internalPort)
        }
        store.claim(keys)
        let (attempts, elsewhere) = try await store.change(isDurable: false) { table in
            let attempts = zip(requests, keys).map { request, key in
                var terms = terms
                if table[key] != nil, terms.renewsOnly || request.former?.key == key {
                    terms.standing = store.othersHold(key, in: table) ? .shared : .alone
                }
                // The clock may be wrong about an expired lease; the gateway knows.
                return MappingAttempt(
                    request, key: key, isThirdParty: isThirdParty,
                    old: table[key] ?? table.expired(key), terms)
            }
            for attempt in attempts where attempt.plan == .new && !attempt.isOver {
                table[attempt.key] = attempt.intent(at: now)
            }
            return (attempts, isThirdParty ? [] : table.leases(ofSamePortsAs: keys))
        }
        try checkSize(of: attempts, at: now)
        for attempt in attempts {
            log.debug(
                "\(attempt.key.transport.rawValue) \(attempt.key.internalPort): \(attempt.plan)")
        }
        return (attempts, elsewhere)
    }

    /// Refuses more ports than an empty lease file could hold, before the gateway is asked.
    ///
    /// Where the file is full of other leases, the ports are mapped, with a warning that they are not
    /// remembered.
    ///
    /// - Throws: `PortMapperError.leaseFile`.
    private func checkSize(
        of attempts: [MappingAttempt], at now: Timestamp
    ) throws(PortMapperError) {
        guard store.isOverfull else { return }
        var alone = LeaseTable()
        for attempt in attempts { alone[attempt.key] = attempt.intent(at: now) }
        guard alone.encode().count > store.file.byteLimit else { return }
        throw .leaseFile(
            path: store.file.path,
            problem: "it cannot remember \(attempts.count) ports at once; map fewer")
    }

    /// Deletes the old mappings of moves, and records the requests that take their place.
    private func deleteMoved(_ attempts: inout [MappingAttempt]) async throws {
        let moved = attempts.indices.filter { attempts[$0].plan == .move && !attempts[$0].isOver }
        guard !moved.isEmpty else { return }
        let now = Timestamp.now
        let outcomes = try await session.delete(
            moved.compactMap { attempts[$0].old }, in: store,
            asking: moved.map { attempts[$0].intent(at: now) })
        for (index, outcome) in zip(moved, outcomes) {
            // A technique that is gone cannot delete its mapping, which expires.
            switch outcome {
            case .success, .failure(.unsupported), .failure(.closed): break
            case .failure(let error):
                attempts[index].isOldLeft = true
                attempts[index].fail(error)
            }
        }
        let intents = moved.filter { !attempts[$0].isOver }.map { attempts[$0].intent(at: now) }
        try await store.change(isDurable: false) { table in
            for intent in intents { table[intent.key] = intent }
        }
    }

    /// Follows the ladders until all of them end.
    private func ask(
        _ indices: [Int], of attempts: inout [MappingAttempt], _ sendLimit: Int? = nil
    ) async throws {
        var questions: [Question] = []
        while true {
            if questions.isEmpty { questions = nextQuestions(to: indices, of: &attempts) }
            guard !questions.isEmpty else { return }
            let (asking, indices) = questions.removeFirst()
            try await prepare(asking, indices, &attempts)
            var limit = session.limit(asking)
            limit.sendLimit = sendLimit
            /// The requests that may be carried out without an answer; each is recorded first.
            var opened: Set<Int> = []
            let answers = try await session.technique(asking.technique).map(
                indices.map { attempts[$0] }, limit
            ) { position, port in
                let index = indices[position]
                opened.insert(index)
                attempts[index].openPort = port
                // Of all ports at once: writing a long file for each takes longer than mapping it.
                try await record(indices, asking.technique, of: &attempts)
            }
            for (index, answer) in zip(indices, answers) {
                attempts[index].take(
                    answer, by: asking.technique, wasOpened: opened.contains(index),
                    at: session.now)
            }
            for index in indices { try await check(&attempts[index]) }
        }
    }

    /// A question, and the attempts that it is about.
    private typealias Question = (asking: TechniqueLadder.Asking, indices: [Int])

    /// The next questions; attempts whose next technique is the same are asked together.
    private func nextQuestions(
        to indices: [Int], of attempts: inout [MappingAttempt]
    ) -> [Question] {
        var questions: [Question] = []
        for index in indices where !attempts[index].isOver {
            guard let asking = nextAsking(of: &attempts[index]) else { continue }
            if let like = questions.firstIndex(where: { $0.asking.isLike(asking) }) {
                questions[like].indices.append(index)
            } else {
                questions.append((asking, [index]))
            }
        }
        return questions
    }

    /// The next question of an attempt, after any withdrawal; `nil` at the end.
    private func nextAsking(of attempt: inout MappingAttempt) -> TechniqueLadder.Asking? {
        while true {
            switch attempt.ladder.next(at: session.now, deadline: session.budget.deadline) {
            case .ask(let asking): return asking
            case .withdraw(let technique): session.technique(technique).withdraw(attempt)
            case .end:
                attempt.isSettled = true
                // Time was over before anybody was asked.
                if attempt.grant == nil, attempt.failure == nil {
                    let waited = session.budget.start.duration(to: session.now)
                    attempt.fail(.noAnswer(gateway: session.target.name, after: waited))
                }
                if let failure = attempt.failure, case let told = session.told(failure),
                    told != failure
                {
                    attempt.fail(told)
                }
                return nil
            }
        }
    }

    /// Waits, deletes and records what a question demands before it is sent.
    private func prepare(
        _ asking: TechniqueLadder.Asking, _ indices: [Int], _ attempts: inout [MappingAttempt]
    ) async throws {
        if let start = asking.start { try await session.socket.rest(until: start) }
        if asking.isAnew { try await deleteOld(of: indices, &attempts) }
        if asking.technique.isOnSharedPort {
            try await record(indices, asking.technique, of: &attempts)
        }
    }

    /// Deletes mappings that the gateway cannot renew, to map them anew (N-8).
    private func deleteOld(of indices: [Int], _ attempts: inout [MappingAttempt]) async throws {
        log.debug("\(session.target.name): it cannot renew; mapping anew")
        try await session.delete(
            indices.compactMap { attempts[$0].old }, in: store,
            asking: indices.map { attempts[$0].intent(at: .now) })
        for index in indices { attempts[index].recordedTechnique = nil }
    }

    /// Records which technique is about to be asked for which port, where the lease file names
    /// others.
    private func record(
        _ indices: [Int], _ technique: Technique, of attempts: inout [MappingAttempt]
    ) async throws {
        let others = indices.filter { !attempts[$0].isRecorded(as: technique) }
        guard !others.isEmpty else { return }
        for index in others { attempts[index].noteRecord(as: technique) }
        try await record(others.map { attempts[$0].intent(at: .now) })
    }

    /// Records what is about to be asked for.
    private func record(_ intents: [Lease]) async throws {
        try await store.change(isDurable: false) { table in
            for intent in intents where table[intent.key]?.state != .granted {
                table[intent.key] = intent
            }
        }
    }

    /// Deletes a grant that does not fit the request; another technique may grant one that does.
    private func check(_ attempt: inout MappingAttempt) async throws {
        let unknown = try await learnAddress(of: &attempt)
        guard let grant = attempt.grant else { return }
        let problem = try await objection(to: grant, of: attempt)
        guard let objection = unknown ?? problem else { return }
        if try await delete(grant, of: attempt) {
            attempt.reject(grant, because: objection, at: session.now)
        } else {
            attempt.leftover = grant
            attempt.fail(objection)
        }
    }

    /// Deletes an unwanted grant.
    ///
    /// - Returns: whether the gateway has deleted it.
    private func delete(
        _ grant: MappingGrant, of attempt: MappingAttempt
    ) async throws -> Bool {
        let lease = attempt.lease(of: grant, at: .now)
        if case .failure = try await session.delete([lease], in: store)[0] { return false }
        return true
    }

    /// How long to ask once more for an external address that must be public.
    private static let addressLimit = Duration.seconds(5)

    /// Asks for the external address where the request depends on it and the answer was lost.
    ///
    /// - Returns: why it is not known.
    private func learnAddress(of attempt: inout MappingAttempt) async throws -> PortMapperError? {
        guard attempt.request.requiresPublic, let grant = attempt.grant, !grant.isAddressKnown
        else { return nil }
        let rest = max(.zero, session.budget.deadline - session.now)
        let budget = TimeBudget(limit: min(rest, Self.addressLimit), from: session.now)
        do {
            attempt.learned(
                try await session.technique(grant.technique).externalAddress(
                    AskLimit(budget: budget)))
            return nil
        } catch let error as PortMapperError {
            return error
        }
    }

    private func objection(
        to grant: MappingGrant, of attempt: MappingAttempt
    ) async throws -> PortMapperError? {
        if let error = attempt.objection(to: grant) { return error }
        guard attempt.request.mustBeVerified, grant.technique != .upnp || !grant.isVerified else {
            return nil
        }
        do {
            let isThere = try await session.hasMapping(attempt.lease(of: grant, at: .now))
            return isThere ? nil : session.missingMapping
        } catch let error as PortMapperError {
            // A held mapping is not given up because its gateway was not to be reached by UPnP.
            return terms.renewsOnly ? nil : error.asUnverifiable
        }
    }

    /// Deletes the one half of an exact pair when the other has failed, unless it was mapped before.
    private func deleteHalves(_ attempts: inout [MappingAttempt]) async throws {
        for (tcp, udp) in attempts.pairs {
            for (half, other) in [(tcp, udp), (udp, tcp)] {
                guard attempts[half].request.isExact, attempts[half].plan != .renewal,
                    let grant = attempts[half].grant, let failure = attempts[other].failure
                else { continue }
                if try await !delete(grant, of: attempts[half]) {
                    attempts[half].leftover = grant
                }
                attempts[half].fail(failure)
            }
        }
    }

    /// Looks for one external port for each pair that was granted two.
    private func bringTogether(_ attempts: inout [MappingAttempt]) async throws {
        for pair in attempts.pairs {
            guard let granted = attempts.newPorts(of: pair) else { continue }
            let halves = [pair.tcp, pair.udp]
            var search = CommonPort(refused: Set(halves.compactMap { attempts[$0].refusedPort }))
            var isMoved = false
            var isFound = false
            while !isFound, hasTimeToMove,
                let port = search.next(tcp: granted.tcp, udp: granted.udp)
            {
                log.debug("\(session.target.name): trying \(port) for both tcp and udp")
                isMoved = true
                isFound = try await move(halves, of: &attempts, to: [port, port], isExact: true)
            }
            guard isMoved, !isFound else { continue }
            // None is to be had: where they were at first, as near to the wish as they came.
            _ = try await move(
                halves, of: &attempts, to: [granted.tcp, granted.udp], isExact: false)
        }
    }

    /// Whether the command's time allows a move that may have to be undone.
    private var hasTimeToMove: Bool {
        session.budget.deadline - session.now > Self.restoration.lowerBound
    }

    /// Moves both halves of a pair to other external ports.
    ///
    /// Both are deleted first: a router that deletes one may take the other's firewall rule with it
    /// (N-22).
    ///
    /// - Returns: whether both are there; if not, and `isExact`, neither is.
    private func move(
        _ halves: [Int], of attempts: inout [MappingAttempt], to ports: [PortNumber], isExact: Bool
    ) async throws -> Bool {
        let now = Timestamp.now
        var again = self
        // The gateway has answered.
        again.terms.silenceEnd = nil
        let techniques = Set(halves.compactMap { attempts[$0].grant?.technique })
        if isExact, techniques.count == 1 { again.terms.only = techniques.first }
        let requests = zip(halves, ports).map { half, port in
            let attempt = attempts[half]
            let lease = attempt.grant.map { attempt.lease(of: $0, at: now) }
            var request = attempt.request.moved(
                to: port,
                remembering: lease?.suggestedExternalPort ?? attempt.request.recordedSuggestion)
            request.isExact = isExact
            return request
        }
        let keys = Set(halves.map { attempts[$0].key })
        try await session.delete(store.live(at: now).filter { keys.contains($0.key) }, in: store)
        let moved = try await again.mapEach(requests)
        let areThere = moved.allSatisfy { $0.grant != nil }
        guard areThere || !isExact else { return false }
        for (half, new) in zip(halves, moved) {
            if let grant = new.grant {
                attempts[half].moved(to: grant)
            } else {
                attempts[half] = new
            }
        }
        return areThere
    }

    /// How long to ask for the old mappings of failed moves: the rest of the command's time, but
    /// long enough for an answer.
    private static let restoration = Duration.seconds(1)...Duration.seconds(5)

    /// Maps the old mappings of failed moves again, each by the technique that made it.
    ///
    /// Where the new one may be there all the same, the old one would be a second one of the port.
    private func restoreMoved(_ attempts: inout [MappingAttempt]) async throws {
        let lost = attempts.indices.filter { index in
            attempts[index].plan == .move && attempts[index].failure != nil
                && attempts[index].leftover == nil && attempts[index].openPort == nil
                && !attempts[index].isOldLeft
                && attempts[index].old?.state == .granted
        }
        guard !lost.isEmpty else { return }
        let rest = max(session.budget.deadline - session.now, Self.restoration.lowerBound)
        let budget = TimeBudget(
            limit: min(rest, Self.restoration.upperBound), from: session.now)
        for technique in Technique.allCases {
            let indices = lost.filter { attempts[$0].old?.technique == technique }
            let olds = indices.compactMap { attempts[$0].old }.map { old in
                MappingAttempt(
                    old.request, key: old.key, isThirdParty: old.isThirdParty, old: old,
                    MappingAttempt.Terms(only: technique))
            }
            guard !olds.isEmpty else { continue }
            let answers = try await session.technique(technique).map(
                olds, AskLimit(budget: budget)
            ) { _, _ in }
            for (index, answer) in zip(indices, answers) {
                switch answer.result {
                case .success(let grant): attempts[index].restored = grant
                case .failure(.noAnswer), .failure(.badAnswer):
                    attempts[index].mayBeRestored = true
                case .failure: break
                }
            }
        }
    }

    /// Records grants on the disk, before anything is reported.
    private func record(_ attempts: [MappingAttempt]) async throws {
        let now = Timestamp.now
        let displaced = try await store.change(
            isDurable: attempts.contains { $0.grant != nil }
        ) { table in
            attempts.compactMap { attempt in
                defer { attempt.record(in: &table, at: now) }
                return attempt.displaced(in: table)
            }
        }
        guard !displaced.isEmpty else { return }
        log.debug("\(session.target.name): another process was granted other ports meanwhile")
        _ = try await session.upnp.delete(displaced, session.wholeLimit)
    }
}

extension Lease {
    /// The request that makes its mapping again.
    fileprivate var request: MappingRequest {
        var request = MappingRequest(
            key.transport, internalPort: key.internalPort, family: key.internalAddress.family)
        request.externalPort = externalPort
        request.lifetime = .seconds(Int64(lifetimeSeconds ?? 7200))
        request.remoteHost = remoteHost
        request.description = description
        return request
    }
}

extension LeaseTable {
    /// The leases of the same gateways, transports and ports that lead to other addresses and were
    /// not made for another host.
    fileprivate func leases(ofSamePortsAs keys: [Lease.Key]) -> [Lease] {
        let (wanted, ports) = (Set(keys), Set(keys.map(PortOfGateway.init)))
        return leases.filter {
            !wanted.contains($0.key) && !$0.isThirdParty && ports.contains(PortOfGateway($0.key))
        }
    }
}

/// A lease's key without the address.
private struct PortOfGateway: Hashable {
    var gateway: GatewayAddress
    var transport: TransportProtocol
    var port: PortNumber

    init(_ key: Lease.Key) {
        gateway = key.gateway
        transport = key.transport
        port = key.internalPort
    }
}
