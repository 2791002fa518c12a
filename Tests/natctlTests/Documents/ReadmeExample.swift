import NATTraversal

/// Makes a port of this host public while `serve` runs, passes it the mapping, and closes the port.
nonisolated(nonsending) func makePublic(
    _ port: PortNumber, by mapper: PortMapper = PortMapper(applicationName: "my-server"),
    serve: (Mapping) async throws -> Void
) async throws {
    // The port stays mapped through restarts of the router and changes of network.
    try await mapper.withMapping(MappingRequest(.tcp, internalPort: port), body: serve)
}
