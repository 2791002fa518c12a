import NATTraversal

/// What AddPortMapping and AddAnyPortMapping are told (WANIPConnection:2, section 2.5.16).
struct UPnPMappingRequest {
    var remoteHost: String
    var externalPort: UInt16
    var transport: TransportProtocol
    var endpoint: SocketAddress
    var description: String
    var leaseSeconds: UInt32

    /// Reads the arguments, all of which are there.
    init(_ call: SOAPCall) throws(UPnPError) {
        remoteHost = call.remoteHost
        transport = try call.transport
        externalPort = try call.number("NewExternalPort")
        leaseSeconds = try call.number("NewLeaseDuration")
        description = call.arguments["NewPortMappingDescription"] ?? ""
        let internalPort: UInt16 = try call.number("NewInternalPort")
        guard let client = IPv4Address(call.arguments["NewInternalClient"] ?? "") else {
            throw UPnPError(501)
        }
        endpoint = SocketAddress(.v4(client), port: internalPort)
        if externalPort == 0 { throw UPnPError(716) }
        if internalPort == 0 { throw UPnPError(732) }
    }
}

extension SOAPCall {
    /// The peer that may come in; empty for everybody.
    var remoteHost: String {
        let host = arguments["NewRemoteHost"] ?? ""
        return host == "0.0.0.0" ? "" : host
    }

    var transport: TransportProtocol {
        get throws(UPnPError) {
            switch arguments["NewProtocol"] {
            case "TCP": .tcp
            case "UDP": .udp
            default: throw UPnPError(601)
            }
        }
    }

    func number<Value: FixedWidthInteger>(_ name: String) throws(UPnPError) -> Value {
        guard let value = Value(arguments[name] ?? "") else { throw UPnPError(402) }
        return value
    }
}
