import Logging

extension MapOperation {
    /// Asks by one technique after the other until none goes on, and once more from the beginning
    /// while all that stands in the way is silence and there is time: no lost packet decides.
    ///
    /// - Parameters:
    ///   - indices: the jobs; all have these techniques.
    ///   - techniques: best first.
    ///   - silenceLimit: when to give up a gateway that has said nothing.
    /// - Throws: `CancellationError`.
    func ask(
        _ indices: [Int], by techniques: [Technique], silenceLimit: ContinuousClock.Instant?
    ) async throws {
        guard !techniques.isEmpty else {
            for index in indices { jobs[index].fail(session.inexpressible) }
            return
        }
        repeat {
            try await askOnce(indices, by: techniques, silenceLimit)
        } while indices.contains { jobs[$0].isSilent } && session.link.now < deadline(silenceLimit)
    }

    /// When a gateway is given up, as things stand.
    private func deadline(_ silenceLimit: ContinuousClock.Instant?) -> ContinuousClock.Instant {
        min(silenceLimit ?? session.budget.deadline, session.budget.deadline)
    }

    private func askOnce(
        _ indices: [Int], by techniques: [Technique], _ silenceLimit: ContinuousClock.Instant?
    ) async throws {
        for (position, technique) in techniques.enumerated() {
            let rest = indices.filter { jobs[$0].goesOn(to: technique) }
            guard let first = rest.first else { continue }
            let others = Array(rest.dropFirst())
            // The first alone: what it finds out of the gateway spares the others the same.
            try await askFirst(
                first, by: technique, before: Array(techniques[(position + 1)...]), silenceLimit)
            switch jobs[first].latest?.error {
            case .noAnswer(let gateway, let after):
                withdraw(jobs[first], technique)
                fail(others, .noAnswer(gateway: gateway, after: after), by: technique)
            case .closed(let gateway, let cause):
                fail(others, .closed(gateway: gateway, cause: cause), by: technique)
            case .unsupported(let gateway, _):
                fail(others, .unsupported(gateway: gateway, technique: technique), by: technique)
            default:
                try await ask(others, by: technique, until: nil)
                try await askForOtherPorts(rest, by: technique)
            }
        }
    }

    /// Asks for one job, and gets UPnP ready when there is no answer at once.
    private func askFirst(
        _ index: Int, by technique: Technique, before next: [Technique],
        _ silenceLimit: ContinuousClock.Instant?
    ) async throws {
        let start = session.link.now
        guard technique != .upnp, next.contains(.upnp) else {
            // A remembered technique is not worth all the time when another can be asked.
            let isRemembered = !next.isEmpty && next != [.natPMP]
            let limit = isRemembered ? start + .milliseconds(1500) : silenceLimit
            return try await ask([index], by: technique, until: limit)
        }
        try await ask([index], by: technique, until: start + RequestRace.headStart)
        guard case .noAnswer = jobs[index].latest?.error else { return }
        log.debug("\(session.target.name): no answer yet; searching for UPnP as well")
        let finder = session.finder
        let end = min(silenceLimit ?? session.budget.end, session.budget.end)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { _ = try? await finder.find(until: end) }
            defer { group.cancelAll() }
            session.link.race = RequestRace(
                sentAt: start, isOtherReady: { finder.isReady },
                hasOtherHeard: { finder.hasHeard })
            defer { session.link.race = nil }
            try await ask([index], by: technique, until: silenceLimit)
        }
    }

    func ask(
        _ indices: [Int], by technique: Technique, sendLimit: Int? = nil,
        until limit: ContinuousClock.Instant?
    ) async throws {
        guard !indices.isEmpty else { return }
        switch technique {
        case .pcp: try await askByPCP(indices, sendLimit: sendLimit, until: limit)
        case .natPMP: try await askByNATPMP(indices, sendLimit: sendLimit, until: limit)
        case .upnp: try await askByUPnP(indices, until: limit)
        }
    }

    private func fail(_ indices: [Int], _ error: PortMapperError, by technique: Technique) {
        for index in indices { jobs[index].take(.failure(error), by: technique) }
    }

    /// Takes back a request that was silent, before another way is tried.
    private func withdraw(_ job: MappingJob, _ technique: Technique) {
        switch technique {
        case .pcp: session.pcp.withdraw(job.pcpOrder(isThirdParty: session.isThirdParty))
        case .natPMP: session.natpmp.withdraw(job.natpmpRequest)
        // What was asked by UPnP was read back, or its connection failed.
        case .upnp: break
        }
    }

    private func askByPCP(
        _ indices: [Int], sendLimit: Int?, until limit: ContinuousClock.Instant?
    ) async throws {
        let orders = indices.map { jobs[$0].pcpOrder(isThirdParty: session.isThirdParty) }
        let outcomes = try await session.pcp.map(
            orders, isNATPMPAllowed: selection.technique == nil, sendLimit: sendLimit,
            budget: session.budget, until: limit)
        for (index, outcome) in zip(indices, outcomes) {
            jobs[index].take(outcome.map(MappingGrant.init), by: .pcp)
        }
        try await renewAnew(indices, until: limit)
    }

    /// Some gateways cannot renew and say NO_RESOURCES: delete, and map the same port again (N-8).
    private func renewAnew(_ indices: [Int], until limit: ContinuousClock.Instant?) async throws {
        let stuck = indices.filter { index in
            guard case .refused(let refusal) = jobs[index].latest?.error else { return false }
            return refusal.technique == .pcp && refusal.code == 8 && jobs[index].plan == .renewal
        }
        guard !stuck.isEmpty else { return }
        log.debug("\(session.target.name): it cannot renew; mapping anew")
        let orders = stuck.map { jobs[$0].pcpOrder(isThirdParty: session.isThirdParty) }
        _ = try await session.pcp.unmap(orders.map(\.delete), budget: session.budget)
        let outcomes = try await session.pcp.map(orders, budget: session.budget, until: limit)
        for (index, outcome) in zip(stuck, outcomes) {
            jobs[index].take(outcome.map(MappingGrant.init), by: .pcp)
        }
    }

    /// One after the other (RFC 6886, section 3.1).
    private func askByNATPMP(
        _ indices: [Int], sendLimit: Int?, until limit: ContinuousClock.Instant?
    ) async throws {
        try await askOneByOne(indices, by: .natPMP) { index in
            suggestSiblingsPort(to: index)
            return try await session.mapByNATPMP(
                jobs[index].natpmpRequest, sendLimit: sendLimit, until: limit)
        }
    }

    /// One after the other, because small gateways hang when asked at once.
    private func askByUPnP(_ indices: [Int], until limit: ContinuousClock.Instant?) async throws {
        try await askOneByOne(indices, by: .upnp) { index in
            func record(_ key: PortMappingKey) async throws {
                try await recordUPnP(index, at: key.externalPort)
            }
            let grant = try await session.mapByUPnP(
                jobs[index].igdRequest, until: limit, willAsk: record)
            // What was asked before may have been granted late; deleting it may have taken this
            // mapping along, because in many gateways both are one table.
            guard await session.link.answerLateGrants() else { return grant }
            return try await session.mapByUPnP(jobs[index].igdRequest, willAsk: record)
        }
    }

    private func askOneByOne(
        _ indices: [Int], by technique: Technique, _ map: (Int) async throws -> MappingGrant
    ) async throws {
        for (position, index) in indices.enumerated() {
            do {
                jobs[index].take(.success(try await map(index)), by: technique)
            } catch let error as PortMapperError {
                switch error {
                case .closed, .noAnswer, .unsupported, .system:
                    return fail(Array(indices[position...]), error, by: technique)
                default:
                    jobs[index].take(.failure(error), by: technique)
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
                log.debug("external port refused; trying \(jobs[index].suggestedPort) instead")
            }
            try await ask(refused, by: technique, until: nil)
        }
    }
}
