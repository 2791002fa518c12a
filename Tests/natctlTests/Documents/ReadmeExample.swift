import NATTraversal

/// Makes a port of this host public, tells where it can be reached, and closes it again.
func makePublic(_ port: PortNumber, by mapper: PortMapper = PortMapper()) async throws -> String {
    // It stays mapped, through restarts of the router and on other networks, until `stop`.
    let held = try await mapper.hold(MappingRequest(.tcp, internalPort: port))
    let places = await held.assignments.map { "\($0.address) port \($0.port)" }
    await held.stop()
    return places.joined(separator: ", ")
}
