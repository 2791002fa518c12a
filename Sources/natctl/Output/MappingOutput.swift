import NATTraversal

/// What `map` prints: mappings as lines and as JSON.
struct MappingOutput: CommandOutput {
    var kind: DocumentKind
    var report: MappingReport

    func lines(on page: Page) -> [StyledLine] { report.mappings.map(\.line) }
    var quietLines: [String] { report.mappings.map(\.externalPort.description) }
    var warnings: [MapperWarning] { report.warnings }
    var failures: [PortMapperError] { report.failures.map(\.error) }
    var failureMessages: [String] { report.failureMessages }
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
    var line: StyledLine { line(withLifetime: true) }

    /// The same of a mapping that is gone.
    var lineAtEnd: StyledLine { line(withLifetime: false) }

    private func line(withLifetime: Bool) -> StyledLine {
        let details = [
            technique?.rawValue, withLifetime ? lifetimeText : nil,
            // Nothing proves that the gateway lets nobody else in.
            remoteHost.map { "asked for \($0) only" },
        ].compactMap(\.self)
        return StyledLine("\(transport.rawValue) \(internalEndpoint) <- ", hang: 4)
            + StyledLine(externalEndpoint, .good)
            + StyledLine(
                details.isEmpty ? "" : "  \(details.joined(separator: ", "))", .secondary)
    }

    /// The rest of its lifetime, as far as is known.
    var lifetimeText: String { lifetime.map(durationText) ?? "permanent" }

    /// The address and port that it leads to.
    var internalEndpoint: String {
        SocketAddress(internalAddress, port: internalPort.rawValue).description
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

extension MappingReport {
    /// A sentence for each reason, behind the ports that it is the reason for.
    var failureMessages: [String] {
        var reasons: [(message: String, ports: [Failure])] = []
        for failure in failures {
            let message = failure.error.userMessage
            if let index = reasons.firstIndex(where: { $0.message == message }) {
                reasons[index].ports.append(failure)
            } else {
                reasons.append((message, [failure]))
            }
        }
        return reasons.map { message, ports in
            "\(portsText(ports.map { ($0.transport, $0.internalPort) })): \(message)"
        }
    }
}

/// Ports in their order, those that follow each other as ranges: `tcp 8080-8082, 8443, udp 53`.
func portsText(_ ports: [(transport: TransportProtocol, port: PortNumber)]) -> String {
    let texts = TransportProtocol.allCases.compactMap { transport -> String? in
        var ranges: [ClosedRange<UInt16>] = []
        for port in ports where port.transport == transport {
            let number = port.port.rawValue
            if let last = ranges.last, last.upperBound < number, number - last.upperBound == 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        guard !ranges.isEmpty else { return nil }
        let numbers = ranges.map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }
        return "\(transport.rawValue) \(numbers.joined(separator: ", "))"
    }
    return texts.joined(separator: ", ")
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
