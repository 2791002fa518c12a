import NATTraversal

/// The external ports and the transport that an action of version 2 is about.
struct PortRange {
    var ports: ClosedRange<UInt16>
    var transport: TransportProtocol

    init(_ call: SOAPCall) throws(UPnPError) {
        let first: UInt16 = try call.number("NewStartPort")
        let last: UInt16 = try call.number("NewEndPort")
        guard first <= last else { throw UPnPError(733) }
        ports = first...last
        transport = try call.transport
    }

    func contains(_ mapping: SimulatedMapping) -> Bool {
        mapping.transport == transport && ports.contains(mapping.externalPort)
    }
}

extension GatewayState {
    /// The place of the entry that a call names by external port, transport and remote host.
    func index(of call: SOAPCall) throws(UPnPError) -> Int {
        let port: UInt16 = try call.number("NewExternalPort")
        guard let index = table.index(of: try call.transport, externalPort: port),
            table.mappings[index].remoteHost == call.remoteHost
        else { throw UPnPError(714) }
        return index
    }

    func specificEntry(
        _ call: SOAPCall, at now: ContinuousClock.Instant
    ) throws(UPnPError) -> Results {
        let mapping = table.mappings[try index(of: call)]
        if mapping.created + faults.upnp.hidesNewEntries > now { throw UPnPError(714) }
        return entry(mapping, at: now)
    }

    func genericEntry(
        _ call: SOAPCall, at now: ContinuousClock.Instant
    ) throws(UPnPError) -> Results {
        let asked: UInt16 = try call.number("NewPortMappingIndex")
        let last = table.mappings.count - 1
        let index = faults.upnp.repeatsLastEntry ? min(Int(asked), last) : Int(asked)
        guard table.mappings.indices.contains(index) else {
            throw UPnPError(faults.upnp.endOfList)
        }
        let mapping = table.mappings[index]
        return [
            ("NewRemoteHost", mapping.remoteHost),
            ("NewExternalPort", String(mapping.externalPort)),
            ("NewProtocol", mapping.transport.rawValue.uppercased()),
        ] + entry(mapping, at: now)
    }

    /// The list as a document in a text (WANIPConnection:2, section 2.3.26).
    func listing(_ call: SOAPCall, at now: ContinuousClock.Instant) throws(UPnPError) -> Results {
        let range = try PortRange(call)
        let limit: UInt16 = try call.number("NewNumberOfPorts")
        let found = table.mappings.filter(range.contains)
            .sorted { $0.externalPort < $1.externalPort }
        if found.isEmpty { throw UPnPError(730) }
        let entries = found.prefix(limit == 0 ? found.count : Int(limit)).map { mapping in
            let values = [
                ("NewRemoteHost", mapping.remoteHost),
                ("NewExternalPort", String(mapping.externalPort)),
                ("NewProtocol", mapping.transport.rawValue.uppercased()),
                ("NewInternalPort", String(mapping.internalEndpoint.port)),
                ("NewInternalClient", mapping.internalEndpoint.address.description),
                ("NewEnabled", "1"),
                ("NewDescription", String(decoding: mapping.description, as: UTF8.self)),
                ("NewLeaseTime", lease(of: mapping, at: now)),
            ]
            let elements = values.map { "<p:\($0.0)>\(escaped($0.1))</p:\($0.0)>" }.joined()
            return "<p:PortMappingEntry>\(elements)</p:PortMappingEntry>"
        }
        return [
            (
                "NewPortListing",
                "<p:PortMappingList xmlns:p=\"urn:schemas-upnp-org:gw:WANIPConnection\">"
                    + entries.joined() + "</p:PortMappingList>"
            )
        ]
    }

    private func entry(_ mapping: SimulatedMapping, at now: ContinuousClock.Instant) -> Results {
        [
            ("NewInternalPort", String(mapping.internalEndpoint.port)),
            ("NewInternalClient", mapping.internalEndpoint.address.description),
            ("NewEnabled", "1"),
            ("NewPortMappingDescription", String(decoding: mapping.description, as: UTF8.self)),
            ("NewLeaseDuration", lease(of: mapping, at: now)),
        ]
    }

    /// The seconds left, 0 for ever, or the text that a fault puts there.
    private func lease(of mapping: SimulatedMapping, at now: ContinuousClock.Instant) -> String {
        faults.upnp.shownLease
            ?? String(mapping.expiry == nil ? 0 : mapping.remainingSeconds(at: now))
    }
}
