import NATTraversal

/// What `map`, `unmap` and `list` print: mappings as lines and as JSON.
struct MappingOutput: CommandOutput {
    var kind: DocumentKind
    var report: MappingReport

    var lines: [String] { report.mappings.map(\.line) }
    var quietLines: [String] { report.mappings.map(\.externalPort.description) }
    var warnings: [MapperWarning] { report.warnings }
    var failures: [PortMapperError] { report.failures.map(\.error) }
    var document: [String: JSONValue] {
        [
            "mappings": .array(report.mappings.map(\.document)),
            "failures": .array(report.failures.map(\.document)),
            "warnings": .array(report.warnings.map(\.document)),
        ]
    }
}

extension Mapping {
    /// `tcp 192.168.1.10:8080 <- 198.51.100.7:8080  pcp, 2h`.
    var line: String {
        let inside = SocketAddress(internalAddress, port: internalPort.rawValue)
        // Nothing proves that the gateway lets nobody else in.
        let peer = remoteHost.map { ", asked for \($0) only" } ?? ""
        let details = [technique?.rawValue, lifetime.map(durationText) ?? "permanent"]
        return "\(transport.rawValue) \(inside) <- \(externalEndpoint)  "
            + details.compactMap(\.self).joined(separator: ", ") + peer
    }

    /// Its external address and port.
    var externalEndpoint: String {
        externalAddress.map { SocketAddress($0, port: externalPort.rawValue).description }
            ?? "?:\(externalPort)"
    }

    /// A member of `mappings`.
    var document: JSONValue {
        [
            "transport": .string(transport.rawValue),
            "internalAddress": .string(internalAddress.description),
            "internalPort": JSONValue(internalPort.rawValue),
            "externalAddress": JSONValue(externalAddress?.description),
            "externalPort": JSONValue(externalPort.rawValue),
            "remoteHost": JSONValue(remoteHost?.description),
            "lifetime": JSONValue(lifetime?.components.seconds),
            "expiresAt": JSONValue(expiry?.description),
            "technique": JSONValue(technique?.rawValue),
            "gateway": .string(gateway.description),
            "description": JSONValue(description),
            "mine": .bool(isMine),
        ]
    }
}

extension MappingReport.Failure {
    fileprivate var document: JSONValue {
        [
            "transport": .string(transport.rawValue),
            "internalPort": JSONValue(internalPort.rawValue),
            "error": error.document,
        ]
    }
}
