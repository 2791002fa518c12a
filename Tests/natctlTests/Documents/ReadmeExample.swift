import NATTraversal

/// Makes a port of this host public while `serve` runs, tells it where, and closes the port again.
func makePublic(
    _ port: PortNumber, by mapper: PortMapper = PortMapper(applicationName: "my-server"),
    serve: (Mapping) async throws -> Void
) async throws {
    // It stays mapped through restarts of the router and on other networks.
    try await mapper.withMapping(MappingRequest(.tcp, internalPort: port), body: serve)
}
