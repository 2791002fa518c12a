import NATTraversal

extension GatewayState {
    /// Performs an action of WANIPv6FirewallControl:1.
    ///
    /// - Throws: the refusal that the specification, miniupnpd or a fault wants.
    mutating func performOnFirewall(
        _ call: SOAPCall, from client: SocketAddress, at now: ContinuousClock.Instant
    ) throws(UPnPError) -> Results {
        pinholes.expire(at: now)
        switch call.action {
        case "GetFirewallStatus":
            return [
                ("FirewallEnabled", faults.pinholes.isFirewallOff ? "0" : "1"),
                ("InboundPinholeAllowed", faults.pinholes.refusesInbound ? "0" : "1"),
            ]
        case "GetOutboundPinholeTimeout": throw UPnPError(501)
        default: break
        }
        if faults.pinholes.isFirewallOff { throw UPnPError(702) }
        if faults.pinholes.refusesInbound { throw UPnPError(703) }
        switch call.action {
        case "AddPinhole": return [("UniqueID", String(try add(call, from: client, at: now)))]
        case "UpdatePinhole":
            let index = try pinholeIndex(of: call, from: client)
            let lease = try lease(call.number("NewLeaseTime"))
            pinholes.update(index) { $0.expiry = now + .seconds(lease) }
            return []
        case "DeletePinhole":
            pinholes.close(try pinholeIndex(of: call, from: client))
            return []
        case "GetPinholePackets":
            _ = try pinholeIndex(of: call, from: client)
            return [("PinholePackets", "0")]
        default:
            _ = try pinholeIndex(of: call, from: client)
            throw UPnPError(709)
        }
    }

    private mutating func add(
        _ call: SOAPCall, from client: SocketAddress, at now: ContinuousClock.Instant
    ) throws(UPnPError) -> UInt16 {
        let lease = try lease(call.number("LeaseTime"))
        let port: UInt16 = try call.number("InternalPort")
        let name = call.arguments["InternalClient"] ?? ""
        if name.isEmpty { throw UPnPError(708) }
        if port == 0 { throw UPnPError(706) }
        let transport: TransportProtocol
        switch call.arguments["Protocol"] {
        case "6": transport = .tcp
        case "17": transport = .udp
        case "65535": throw UPnPError(707)
        default: throw UPnPError(705)
        }
        // A text that is compared, as miniupnpd does: another spelling of the address is refused.
        if configuration.upnp.isSecure, name != client.address.description || port < 1024 {
            throw UPnPError(606)
        }
        guard let address = IPv6Address(name) else { throw UPnPError(606) }
        let endpoint = SocketAddress(.v6(address), port: port)
        let remoteHost = call.arguments["RemoteHost"] ?? ""
        var expiry = now + .seconds(lease)
        if pinholes.index(of: transport, to: endpoint, from: remoteHost) != nil {
            if faults.pinholes.growsLeases { expiry += .seconds(epoch.seconds(at: now)) }
        } else if pinholes.pinholes.count >= faults.pinholes.limit {
            throw UPnPError(701)
        }
        let index = pinholes.open(
            transport, to: endpoint, from: remoteHost, by: .upnp, until: expiry)
        return pinholes.pinholes[index].identifier
    }

    private func lease(_ seconds: UInt32) throws(UPnPError) -> UInt32 {
        guard (1...86400).contains(seconds) else { throw UPnPError(402) }
        return seconds
    }

    /// The pinhole that a call names; another client's is not authorised.
    private func pinholeIndex(
        of call: SOAPCall, from client: SocketAddress
    ) throws(UPnPError) -> Int {
        guard let index = pinholes.index(of: try call.number("UniqueID")) else {
            throw UPnPError(faults.pinholes.unknownPinhole)
        }
        guard
            !configuration.upnp.isSecure
                || pinholes.pinholes[index].endpoint.address == client.address
        else { throw UPnPError(606) }
        return index
    }
}
