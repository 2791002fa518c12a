import NATTraversal

/// The mappings that are there, as the events tell them.
struct PresentMappings {
    private struct Port: Hashable {
        var transport: TransportProtocol
        var port: PortNumber
    }

    private var order: [Port] = []
    private var known: Set<Port> = []
    private var mappings: [Port: Mapping] = [:]

    /// The first of them, in the order they were first told.
    var first: Mapping? { shown(1).first }

    private func shown(_ count: Int) -> [Mapping] {
        Array(order.lazy.compactMap { mappings[$0] }.prefix(count))
    }

    /// Learns from an event.
    mutating func note(_ change: MapperEvent.Change) {
        guard let mapping = change.mapping else { return }
        let port = Port(transport: mapping.transport, port: mapping.internalPort)
        switch change {
        case .lost, .unmapped:
            mappings[port] = nil
        default:
            if known.insert(port).inserted { order.append(port) }
            mappings[port] = mapping
        }
    }

    /// One line for who looks at a service: `tcp 8080 <- 198.51.100.7:8080`.
    var status: String {
        let shown = shown(4).map {
            "\($0.transport.rawValue) \($0.internalPort) <- \($0.externalEndpoint)"
        }
        guard !shown.isEmpty else { return "nothing is mapped" }
        let rest = mappings.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
