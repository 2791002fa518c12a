import Logging

/// Asks gateways for their external address.
final class ExternalAddressSearch {
    private let selection: GatewaySelection
    private var finders: [GatewayTarget: IGDFinder] = [:]
    /// The socket of each gateway: whoever asks again hears of a restart by its epoch.
    private var links: [GatewayTarget: GatewaySocket] = [:]

    init(_ selection: GatewaySelection) { self.selection = selection }

    /// What the first gateway that tells one says.
    func first() async throws -> ExternalAddress {
        let budget = selection.budget()
        let targets = try selection.targets()
        var failure: PortMapperError?
        for target in targets {
            let limit: ContinuousClock.Instant? =
                target == targets.last ? nil : .now + .seconds(1)
            do {
                return try await ask(target, budget, until: limit)
            } catch let error as PortMapperError {
                failure = TechniqueChoice.moreTelling(failure, error)
            }
        }
        throw (failure ?? .noGateway).silent(since: budget.start)
    }

    /// The UPnP device that was asked last, if one was.
    var device: UPnPDevice? { finders.values.lazy.compactMap(\.device).first }

    /// Searches for devices anew the next time.
    func forgetDevices() { finders = [:] }

    /// Whether an epoch has told since the last call that a gateway's mappings were lost.
    func takeLossOfTable() -> Bool {
        links.values.map { $0.takeLossOfTable() }.contains(true)
    }

    private func link(_ target: GatewayTarget) throws(PortMapperError) -> GatewaySocket {
        if let link = links[target] { return link }
        let link = try target.link()
        links[target] = link
        return link
    }

    /// What every technique of every gateway says.
    func all() async throws -> [ExternalAddress] {
        var answers: [ExternalAddress] = []
        var failure: PortMapperError?
        for target in try selection.targets() {
            for technique in Technique.allCases where selection.allows(technique) {
                do {
                    let link = try target.link()
                    answers.append(
                        try await ask(target, link, by: technique, selection.budget()))
                } catch let error as PortMapperError {
                    failure = TechniqueChoice.moreTelling(failure, error)
                }
            }
        }
        if answers.isEmpty { throw failure ?? .noGateway }
        return answers
    }

    /// NAT-PMP's question first: it leaves nothing behind, and one round trip answers it.
    ///
    /// UPnP is got ready when there is no answer at once; PCP is asked where the gateway speaks it
    /// instead of NAT-PMP.
    private func ask(
        _ target: GatewayTarget, _ budget: TimeBudget, until limit: ContinuousClock.Instant?
    ) async throws -> ExternalAddress {
        let link = try link(target)
        if let technique = selection.technique {
            return try await ask(target, link, by: technique, budget, until: limit)
        }
        let failure: PortMapperError
        do {
            return try await race(target, link, budget, until: limit)
        } catch let error as PortMapperError {
            failure = error
        }
        let next: [Technique] =
            switch failure {
            case .unsupported: [.pcp, .upnp]
            case .closed, .noAnswer: [.upnp]
            case .refused(let refusal) where refusal.reaction == .upnp: [.upnp]
            default: []
            }
        var best = failure
        for technique in next {
            do {
                return try await ask(target, link, by: technique, budget, until: limit)
            } catch let error as PortMapperError {
                best = TechniqueChoice.moreTelling(best, error)
            }
        }
        throw best
    }

    private func race(
        _ target: GatewayTarget, _ link: GatewaySocket, _ budget: TimeBudget,
        until limit: ContinuousClock.Instant?
    ) async throws -> ExternalAddress {
        let start = link.now
        do {
            return try await ask(
                target, link, by: .natPMP, budget, until: start + RequestRace.headStart)
        } catch PortMapperError.noAnswer {
            let finder = finder(target, link)
            let end = min(limit ?? budget.end, budget.end)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await finder.find(until: end) }
                defer { group.cancelAll() }
                link.race = RequestRace(
                    sentAt: start, isOtherReady: { finder.isReady },
                    hasOtherHeard: { finder.hasHeard })
                defer { link.race = nil }
                return try await ask(target, link, by: .natPMP, budget, until: limit)
            }
        }
    }

    /// One finder for the whole search, so that what the race has found is not searched for again.
    private func finder(_ target: GatewayTarget, _ link: GatewaySocket) -> IGDFinder {
        if let finder = finders[target] { return finder }
        let finder = IGDFinder(target, source: link.local.address, others: [])
        finders[target] = finder
        return finder
    }

    private func ask(
        _ target: GatewayTarget, _ link: GatewaySocket, by technique: Technique,
        _ budget: TimeBudget, until limit: ContinuousClock.Instant? = nil
    ) async throws -> ExternalAddress {
        let address: IPAddress =
            switch technique {
            case .pcp:
                try await addressByPCP(link, budget, until: limit)
            case .natPMP:
                .v4(
                    try await NATPMPClient(link: link).externalAddress(
                        isPCPAllowed: selection.allows(.pcp), budget: budget, until: limit))
            case .upnp:
                .v4(try await addressByUPnP(target, link, budget, until: limit))
            }
        guard !address.isUnspecified else {
            throw PortMapperError.noExternalAddress(gateway: target.name, technique: technique)
        }
        var warnings = ExternalAddressCheck.warnings(
            for: address, gateway: target.socketAddress.address)
        if technique == .upnp { warnings += finder(target, link).warnings }
        return ExternalAddress(
            address: address, technique: technique, gateway: target.name, warnings: warnings)
    }

    private func addressByUPnP(
        _ target: GatewayTarget, _ link: GatewaySocket, _ budget: TimeBudget,
        until limit: ContinuousClock.Instant?
    ) async throws -> IPv4Address {
        try await finder(target, link).ask(budget, until: limit) { found in
            if let address = found.choice.externalAddress { return address }
            return try await found.connection.externalAddress(until: budget.deadline)
                ?? .unspecified
        }
    }

    /// Maps the UDP port of the asking socket, behind which nothing else listens, and deletes that
    /// again: PCP has no other way to tell the address (RFC 6887, section 11).
    private func addressByPCP(
        _ link: GatewaySocket, _ budget: TimeBudget, until limit: ContinuousClock.Instant?
    ) async throws -> IPAddress {
        let client = PCPClient(link: link)
        await link.beginQuestion()
        let order = PCPMapRequest(
            nonce: .random(), transport: .udp, internalPort: link.local.port, lifetimeSeconds: 120)
        do {
            let grant = try await client.map(order, budget: budget, until: limit)
            // Sent a few times and not waited for any longer: in two minutes it is gone anyway.
            _ = try await client.unmap(
                [order.delete], budget: TimeBudget(limit: .seconds(2), from: link.now))
            return grant.externalAddress
        } catch {
            client.withdraw(order)
            throw error
        }
    }
}
