/// The dealings with one gateway: the socket, and a client for each technique on it.
final class GatewaySession {
    let target: GatewayTarget
    let link: GatewaySocket
    let pcp: PCPClient
    let natpmp: NATPMPClient
    /// Of what is asked at present.
    private(set) var budget: TimeBudget
    /// Whether mappings lead to another host than this one.
    let isThirdParty: Bool
    /// Where mappings lead.
    let internalAddress: IPAddress
    /// The external address as NAT-PMP told it: asked for once at a time.
    private(set) var natpmpAddress: IPAddress?
    /// The external address as UPnP told it: asked for once at a time, `.some(nil)` when there is
    /// none.
    var igdAddress: IPv4Address??
    /// The gateway's UPnP side.
    let finder: IGDFinder
    /// Whether what the finder knows is from an earlier asking.
    var mayBeStale = false
    /// Whether the gateway's services have moved since the last look.
    var hasMoved = false

    /// Opens the socket.
    ///
    /// - Parameters:
    ///   - target: the gateway.
    ///   - internalAddress: where mappings lead; `nil` is this host's address towards the gateway.
    ///     One that is not this host's is a third party's.
    ///   - others: all candidates.
    ///   - budget: the command's.
    /// - Throws: `PortMapperError`.
    init(
        _ target: GatewayTarget, internalAddress: IPAddress?, others: [GatewayTarget] = [],
        budget: TimeBudget
    ) throws(PortMapperError) {
        self.target = target
        self.budget = budget
        var own: GatewaySocket?
        if let internalAddress { own = try target.link(fromOwn: internalAddress) }
        isThirdParty = internalAddress != nil && own == nil
        if let own { link = own } else { link = try target.link() }
        self.internalAddress = internalAddress ?? link.local.address
        pcp = PCPClient(link: link)
        natpmp = NATPMPClient(link: link)
        finder = IGDFinder(target, source: link.local.address, others: others)
    }

    /// Takes up the session again: the external address may be another one by now.
    func begin(_ budget: TimeBudget) {
        self.budget = budget
        natpmpAddress = nil
        igdAddress = nil
        mayBeStale = finder.isReady
    }

    /// Whether the gateway's services have moved since the last call.
    func takeMove() -> Bool {
        defer { hasMoved = false }
        return hasMoved
    }

    /// Maps by NAT-PMP, and learns the external address with the first mapping.
    func mapByNATPMP(
        _ request: NATPMPRequest, sendLimit: Int? = nil, until limit: ContinuousClock.Instant?
    ) async throws -> MappingGrant {
        let grant: NATPMPClient.Grant
        if natpmpAddress == nil {
            let answer = try await natpmp.mapAndAddress(
                request, sendLimit: sendLimit, budget: budget, until: limit)
            grant = answer.grant
            natpmpAddress = answer.address.map(IPAddress.v4)
        } else {
            grant = try await natpmp.map(
                request, sendLimit: sendLimit, budget: budget, until: limit)
        }
        return MappingGrant(
            technique: .natPMP, externalAddress: natpmpAddress?.ifSpecified,
            externalPort: grant.externalPort,
            lifetimeSeconds: grant.lifetimeSeconds)
    }
}

extension GatewayTarget {
    /// A link from this address; `nil` when it is not an address of this host.
    func link(fromOwn address: IPAddress) throws(PortMapperError) -> GatewaySocket? {
        do throws(PortMapperError) {
            return try link(from: address)
        } catch {
            guard case .system(let cause) = error, cause.isAddressNotAvailable else { throw error }
            return nil
        }
    }
}

extension GatewaySession {
    /// Why no technique is left: what was asked for is beyond NAT-PMP.
    var inexpressible: PortMapperError {
        .inexpressible(
            "NAT-PMP can neither limit a mapping to one peer nor map for another host; "
                + "it takes PCP")
    }

    /// Asks again for a mapping that was deleted; `nil` when it is no longer to be had.
    func restore(_ old: Lease, isThirdParty: Bool) async throws -> MappingGrant? {
        do {
            switch old.technique {
            case .pcp:
                let order = PCPMapRequest(
                    nonce: old.nonce ?? .random(), transport: old.key.transport,
                    internalPort: old.key.internalPort.rawValue,
                    externalPort: old.externalPort.rawValue, externalAddress: old.externalAddress,
                    lifetimeSeconds: old.lifetimeSeconds ?? 7200,
                    thirdParty: isThirdParty ? old.key.internalAddress : nil,
                    remoteHost: old.remoteHost)
                return MappingGrant(try await pcp.map(order, budget: budget))
            case .natPMP:
                let request = NATPMPRequest.map(
                    old.key.transport, internalPort: old.key.internalPort.rawValue,
                    suggestedExternalPort: old.externalPort.rawValue,
                    lifetimeSeconds: old.lifetimeSeconds ?? 7200)
                return try await mapByNATPMP(request, until: nil)
            case .upnp:
                return nil
            }
        } catch is PortMapperError {
            return nil
        }
    }
}
