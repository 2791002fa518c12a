import Logging

/// Asks gateways for their external address.
final class ExternalAddressSearch {
    private let selection: GatewaySelection

    init(_ selection: GatewaySelection) { self.selection = selection }

    /// What the first gateway that tells one says.
    func first() async throws -> ExternalAddress {
        let patience = selection.patience()
        let targets = try selection.targets()
        var failure: PortMapperError?
        for target in targets {
            let limit: ContinuousClock.Instant? =
                target == targets.last ? nil : .now + .seconds(1)
            do {
                return try await ask(target, patience, until: limit)
            } catch let error as PortMapperError {
                failure = TechniqueChoice.moreTelling(failure, error)
            }
        }
        throw failure ?? .noGateway
    }

    /// What every technique of every gateway says.
    func all() async throws -> [ExternalAddress] {
        var answers: [ExternalAddress] = []
        var failure: PortMapperError?
        for target in try selection.targets() {
            for technique in [Technique.pcp, .natPMP] where selection.allows(technique) {
                do {
                    let link = try target.link()
                    answers.append(
                        try await ask(target, link, by: technique, selection.patience()))
                } catch let error as PortMapperError {
                    failure = TechniqueChoice.moreTelling(failure, error)
                }
            }
        }
        if answers.isEmpty { throw failure ?? .noGateway }
        return answers
    }

    /// NAT-PMP's question first: it leaves nothing behind, and one round trip answers it.
    private func ask(
        _ target: GatewayTarget, _ patience: Patience, until limit: ContinuousClock.Instant?
    ) async throws -> ExternalAddress {
        let link = try target.link()
        guard selection.technique != .pcp else {
            return try await ask(target, link, by: .pcp, patience, until: limit)
        }
        do {
            return try await ask(target, link, by: .natPMP, patience, until: limit)
        } catch PortMapperError.unsupported where selection.allows(.pcp) {
            return try await ask(target, link, by: .pcp, patience, until: limit)
        }
    }

    private func ask(
        _ target: GatewayTarget, _ link: GatewayLink, by technique: Technique,
        _ patience: Patience, until limit: ContinuousClock.Instant? = nil
    ) async throws -> ExternalAddress {
        let address: IPAddress =
            if technique == .pcp {
                try await addressByPCP(link, patience, until: limit)
            } else {
                .v4(
                    try await NATPMPClient(link: link).externalAddress(
                        isPCPAllowed: selection.allows(.pcp), patience: patience, until: limit))
            }
        guard !address.isUnspecified else {
            throw PortMapperError.noExternalAddress(gateway: target.name, technique: technique)
        }
        return ExternalAddress(
            address: address, technique: technique, gateway: target.name,
            warnings: ExternalAddressCheck.warnings(
                for: address, gateway: target.socketAddress.address))
    }

    /// Maps the UDP port of the asking socket, behind which nothing else listens, and deletes that
    /// again: PCP has no other way to tell the address (RFC 6887, section 11).
    private func addressByPCP(
        _ link: GatewayLink, _ patience: Patience, until limit: ContinuousClock.Instant?
    ) async throws -> IPAddress {
        let client = PCPClient(link: link)
        let order = PCPMapOrder(
            nonce: .random(), transport: .udp, internalPort: link.local.port, lifetimeSeconds: 120)
        do {
            let grant = try await client.map(order, patience: patience, until: limit)
            // Sent a few times and not waited for any longer: in two minutes it is gone anyway.
            _ = try await client.unmap(
                [order.delete], patience: Patience(limit: .seconds(2), from: link.now))
            return grant.externalAddress
        } catch {
            client.withdraw(order)
            throw error
        }
    }
}
