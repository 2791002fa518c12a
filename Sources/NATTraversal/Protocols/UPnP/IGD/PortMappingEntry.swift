/// An entry of a gateway's table, as the gateway tells it (WANIPConnection:2, section 2.2).
struct PortMappingEntry: Hashable, Sendable {
    /// The only peer that may come in, an address or in some tables a name; `nil` for any.
    var remoteHost: String?
    /// The outside port; 0 stands for all of them.
    var externalPort: UInt16
    /// `nil` for a protocol that is neither TCP nor UDP.
    var transport: TransportProtocol?
    var internalPort: UInt16
    /// The address that it leads to, or a name in some tables.
    var internalClient: String
    /// Whether the gateway carries it out.
    var isEnabled: Bool
    /// What the client called it; foreign text.
    var description: String
    /// Whether its description was longer than what is kept, and is cut.
    var hasCutText = false
    /// The rest of its lease in seconds; `nil` when it is permanent or the gateway does not tell.
    var remainingSeconds: UInt32?

    /// Whether it leads to this port of this host.
    func leads(to client: IPAddress, port: PortNumber) -> Bool {
        internalPort == port.rawValue && leads(to: client)
    }

    /// Whether it leads to this host, whatever the port.
    func leads(to client: IPAddress) -> Bool {
        IPAddress(internalClient)?.unmapped == client.unmapped
    }

    /// Reads the results of GetGenericPortMappingEntry, or what is inside a list's entry; the two
    /// name the last two fields differently.
    ///
    /// - Throws: `UPnPFailure.result` with the name of what is missing or out of its range (A-19,
    ///   T-12).
    init(_ fields: [UPnPArgument]) throws(UPnPFailure) {
        let fields = Fields(fields)
        try self.init(
            fields, externalPort: fields.port("NewExternalPort"),
            transport: TransportProtocol(rawValue: fields.text("NewProtocol").lowercased()),
            remoteHost: fields["NewRemoteHost"])
    }

    /// Reads the results of GetSpecificPortMappingEntry, which lack what was asked for.
    ///
    /// - Throws: `UPnPFailure.result`.
    init(_ results: [UPnPArgument], for key: PortMappingKey) throws(UPnPFailure) {
        try self.init(
            Fields(results), externalPort: key.externalPort.rawValue, transport: key.transport,
            remoteHost: key.remoteHost?.description)
    }

    private init(
        _ fields: Fields, externalPort: UInt16, transport: TransportProtocol?, remoteHost: String?
    ) throws(UPnPFailure) {
        // Both mean any.
        self.remoteHost = ["", "0.0.0.0", "*"].contains(remoteHost ?? "") ? nil : remoteHost
        self.externalPort = externalPort
        self.transport = transport
        internalPort = try fields.port("NewInternalPort")
        internalClient = try fields.text("NewInternalClient")
        isEnabled = fields["NewEnabled"].flatMap { Bool(upnp: $0) } ?? true
        description = fields["NewPortMappingDescription"] ?? fields["NewDescription"] ?? ""
        let lease = fields["NewLeaseDuration"] ?? fields["NewLeaseTime"]
        let seconds = lease.flatMap { UInt32($0) } ?? 0
        remainingSeconds = seconds == 0 ? nil : seconds
    }

    /// Results by name, with errors that say which one is wrong.
    private struct Fields {
        private let fields: [UPnPArgument]

        init(_ fields: [UPnPArgument]) { self.fields = fields }

        subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

        func text(_ name: String) throws(UPnPFailure) -> String {
            guard let text = self[name] else { throw .result(name) }
            return text
        }

        func port(_ name: String) throws(UPnPFailure) -> UInt16 {
            guard let port = UInt16(try text(name)) else { throw .result(name) }
            return port
        }
    }
}

/// What identifies an entry: WANIPConnection:2, section 2.2.18.
struct PortMappingKey: Hashable, Sendable {
    var transport: TransportProtocol
    var externalPort: PortNumber
    /// The only peer that may come in; `nil` for any, which is sent as an empty text.
    var remoteHost: IPAddress?

    /// The three arguments that begin several actions, in their order (H-4).
    var arguments: [UPnPArgument] {
        [
            UPnPArgument("NewRemoteHost", remoteHost?.description ?? ""),
            UPnPArgument("NewExternalPort", externalPort.description),
            // In capitals: some refuse anything else.
            UPnPArgument("NewProtocol", transport.rawValue.uppercased()),
        ]
    }
}
