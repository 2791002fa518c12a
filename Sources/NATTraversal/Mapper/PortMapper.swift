import Glibc

/// Makes ports of this network public, and finds out their external address.
///
/// A file of the user's remembers every mapping, so that another process can renew or delete it.
/// Every method throws `PortMapperError` or `CancellationError`.
public struct PortMapper: Sendable {
    let selection: GatewaySelection
    let leaseFile: LeaseFile
    private let applicationName: ApplicationName

    /// Creates a mapper for the gateways that `selection` names.
    ///
    /// An application that passes no name shares natctl's leases, so that `natctl list` shows and
    /// `natctl unmap --all` deletes its mappings.
    ///
    /// - Parameters:
    ///   - selection: which gateways, how, and for how long; by default whatever is found.
    ///   - applicationName: who keeps the leases, and the text of the gateway's table for requests
    ///     without a description.
    ///   - stateFolder: the folder of the lease file; `nil` is `/var/lib/NAME` for root, else
    ///     `$XDG_STATE_HOME/NAME`, else `~/.local/state/NAME`, and before these `$NATCTL_STATE` if
    ///     NAME is natctl.
    public init(
        _ selection: GatewaySelection = GatewaySelection(),
        applicationName: ApplicationName = "natctl", stateFolder: String? = nil
    ) {
        self.selection = selection
        self.applicationName = applicationName
        leaseFile =
            stateFolder.map(LeaseFile.init(folder:))
            ?? .standard(for: applicationName, isRoot: geteuid() == 0) { name in
                unsafe getenv(name).flatMap { unsafe String(cString: $0) }
            }
    }

    /// What is remembered of gateways.
    var memory: GatewayMemory? { GatewayMemory(beside: leaseFile, for: selection) }

    /// The requests in this application's name.
    func signed(_ requests: [MappingRequest]) -> [MappingRequest] {
        requests.map { request in
            var request = request
            request.applicationName = applicationName
            return request
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
        var report = try await GatewayWalk(
            selection, forPorts: requests.count, memory: memory
        )
        .map(signed(requests), store: store).report
        report.add(store.warnings)
        return report
    }

    /// Asks for the external address by NAT-PMP or, if only PCP can report it, by a temporary
    /// mapping that is deleted at once.
    ///
    /// - Returns: the address that the first answering gateway reports.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func externalAddress() async throws -> ExternalAddress {
        try await GatewayWalk(selection, memory: memory).externalAddress()
    }

    /// Asks every technique of every gateway for the external address.
    ///
    /// - Returns: every answer, best gateway and technique first.
    /// - Throws: `PortMapperError` when there is none, `CancellationError`.
    public func externalAddresses() async throws -> [ExternalAddress] {
        try await GatewayWalk(selection).externalAddresses()
    }
}
