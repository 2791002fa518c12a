import Glibc

/// Makes ports of this network public, and finds out their external address.
///
/// A file of the user's remembers every mapping, so that another process can renew or delete it.
/// Every method throws `PortMapperError` or `CancellationError`.
public struct PortMapper: Sendable {
    let selection: GatewaySelection
    let leaseFile: LeaseFile

    /// Creates a mapper for the gateways that `selection` names.
    ///
    /// - Parameters:
    ///   - selection: which gateways to ask, how, and for how long; by default any that is found.
    ///   - stateFolder: the folder of the lease file; `nil` is `$NATCTL_STATE`, else
    ///     `/var/lib/natctl` for root, else `$XDG_STATE_HOME/natctl`, else `~/.local/state/natctl`.
    public init(_ selection: GatewaySelection = GatewaySelection(), stateFolder: String? = nil) {
        self.selection = selection
        leaseFile =
            stateFolder.map(LeaseFile.init(folder:))
            ?? .standard(isRoot: geteuid() == 0) { name in
                unsafe getenv(name).flatMap { unsafe String(cString: $0) }
            }
    }

    /// Maps a port, or renews its mapping.
    ///
    /// - Parameter request: the port to map.
    /// - Returns: the granted mapping.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func map(_ request: MappingRequest) async throws -> Mapping {
        let report = try await map([request])
        if let failure = report.failures.first { throw failure.error }
        guard let mapping = report.mappings.first else { throw PortMapperError.noGateway }
        return mapping
    }

    /// Maps several ports, each with its own outcome.
    ///
    /// When the task is cancelled, this deletes the mappings it has newly made.
    ///
    /// - Parameter requests: the ports to map.
    /// - Returns: mappings and failures in the order of the requests.
    /// - Throws: `PortMapperError` when no gateway can be asked at all, `CancellationError`.
    public func map(_ requests: [MappingRequest]) async throws -> MappingReport {
        let store = LeaseStore(leaseFile, timeout: selection.timeout)
        var report = try await GatewayWalk(selection, forPorts: requests.count)
            .map(requests, store: store).report
        report.add(store.warnings)
        return report
    }

    /// Asks for the external address by NAT-PMP or, if only PCP can report it, by a temporary
    /// mapping that is deleted at once.
    ///
    /// - Returns: the address that the first answering gateway reports.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func externalAddress() async throws -> ExternalAddress {
        try await GatewayWalk(selection).externalAddress()
    }

    /// Asks every technique of every gateway for the external address.
    ///
    /// - Returns: every answer, best gateway and technique first.
    /// - Throws: `PortMapperError` when there is none, `CancellationError`.
    public func externalAddresses() async throws -> [ExternalAddress] {
        try await GatewayWalk(selection).externalAddresses()
    }
}
