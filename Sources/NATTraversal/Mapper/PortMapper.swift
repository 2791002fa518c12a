import Glibc

/// Makes ports of this network public, and tells the address they are public at.
///
/// What it maps it remembers in a file of the user's, so that another process can renew or delete
/// it. Every method throws `PortMapperError` or `CancellationError`.
public actor PortMapper {
    let selection: GatewaySelection
    let leaseFile: LeaseFile

    /// A mapper of the gateways that `selection` names.
    ///
    /// - Parameters:
    ///   - selection: which gateways, how, and for how long; by default whatever is found.
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
    /// - Parameter request: what to map.
    /// - Returns: what was granted.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func map(_ request: MappingRequest) async throws -> Mapping {
        let report = try await map([request])
        if let failure = report.failures.first { throw failure.error }
        guard let mapping = report.mappings.first else { throw PortMapperError.noGateway }
        return mapping
    }

    /// Maps several ports, each with its own outcome.
    ///
    /// When the task is cancelled, what this call has newly mapped is deleted again.
    ///
    /// - Parameter requests: what to map.
    /// - Returns: mappings and failures in the order asked for.
    /// - Throws: `PortMapperError` when no gateway can be asked at all, `CancellationError`.
    public func map(_ requests: [MappingRequest]) async throws -> MappingReport {
        let book = LeaseStore(leaseFile, timeout: selection.timeout)
        var report = try await MapSearch(requests, selection: selection, book: book).run().report
        report.add(book.warnings)
        return report
    }

    /// Asks for the external address, by NAT-PMP or, where only PCP can tell it, with a mapping of
    /// natctl's own that is deleted at once.
    ///
    /// - Returns: what the first gateway that answers says.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func externalAddress() async throws -> ExternalAddress {
        try await ExternalAddressSearch(selection).first()
    }

    /// Asks every technique of every gateway for the external address.
    ///
    /// - Returns: every answer, best gateway and technique first.
    /// - Throws: `PortMapperError` when there is none, `CancellationError`.
    public func externalAddresses() async throws -> [ExternalAddress] {
        try await ExternalAddressSearch(selection).all()
    }

    /// Asks every gateway what it offers; nothing is mapped.
    ///
    /// - Returns: a report for each gateway, best first.
    /// - Throws: `PortMapperError` when there is no gateway, `CancellationError`.
    public func gateways() async throws -> [GatewayReport] {
        try await GatewayProbe(selection).run()
    }

    /// The address of the best gateway, without asking it.
    package func bestGateway() throws(PortMapperError) -> String {
        try selection.requireInterface()
        if let gateway = selection.gateway { return gateway.address.description }
        if let location = selection.location { return location.host.description }
        let best = try selection.candidates().first
        return best.map { $0.address.description } ?? ""
    }

    /// Deletes natctl's mappings: those of these ports, or all.
    ///
    /// - Parameter request: which.
    /// - Returns: what was deleted, what could not be, and what stays.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func unmap(_ request: UnmapRequest) async throws -> MappingReport {
        try await UnmapSearch(request, selection: selection, leaseFile: leaseFile).run()
    }

    /// The leases and, by UPnP, the gateway's whole table, what is in both once.
    ///
    /// - Returns: mappings, with `leasesOnly` among the warnings when the table cannot be read.
    /// - Throws: `PortMapperError` when UPnP was asked for and cannot be read, `CancellationError`.
    public func list() async throws -> MappingReport {
        try selection.requireInterface()
        return try await TableSearch(selection, leaseFile: leaseFile).run()
    }

    /// The leases that still live, without asking anyone.
    ///
    /// - Returns: with what is left of their lifetimes.
    /// - Throws: `PortMapperError.leaseFile`.
    public func leases() throws -> [Mapping] {
        let now = Timestamp.now
        return try LeaseStore(leaseFile).requireLive(at: now)
            .filter { $0.state == .granted }.map { $0.mapping(at: now) }
    }
}
