import NATTraversal

/// Makes a port of this host public, tells where, and closes it again.
func makePublic(_ port: PortNumber, by mapper: PortMapper = PortMapper()) async throws -> String {
    let mapping = try await mapper.map(MappingRequest(.tcp, internalPort: port))
    let address = mapping.externalAddress?.description ?? "an unknown address"
    let report = try await mapper.unmap(.internalPorts([.init(.tcp, port)]))
    return "\(address), port \(mapping.externalPort); \(report.mappings.count) closed again"
}
