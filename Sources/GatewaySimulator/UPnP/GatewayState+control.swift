import NATTraversal

/// A refusal by a UPnP action.
struct UPnPError: Error, Equatable {
    var code: Int

    init(_ code: Int) { self.code = code }

    /// The name that the services' specifications give the code.
    var name: String {
        switch code {
        case 401: "Invalid Action"
        case 402: "Invalid Args"
        case 701: "PinholeSpaceExhausted"
        case 702: "FirewallDisabled"
        case 703: "InboundPinholeNotAllowed"
        case 704: "NoSuchEntry"
        case 705: "ProtocolNotSupported"
        case 706: "InternalPortWildcardingNotAllowed"
        case 707: "ProtocolWildcardingNotAllowed"
        case 708: "WildCardNotPermittedInSrcIP"
        case 709: "NoTrafficReceived"
        case 501: "Action Failed"
        case 605: "String Argument Too Long"
        case 606: "Action not authorized"
        case 713: "SpecifiedArrayIndexInvalid"
        case 714: "NoSuchEntryInArray"
        case 716: "WildCardNotPermittedInExtPort"
        case 718: "ConflictInMappingEntry"
        case 724: "SamePortValuesRequired"
        case 725: "OnlyPermanentLeasesSupported"
        case 726: "RemoteHostOnlySupportsWildcard"
        case 728: "NoPortMapsAvailable"
        case 729: "ConflictWithOtherMechanisms"
        case 730: "PortMappingNotFound"
        case 732: "WildCardNotPermittedInIntPort"
        case 733: "InconsistentParameters"
        default: "Error"
        }
    }
}

extension GatewayState {
    /// What an action gives back, in the order of its service description.
    typealias Results = [(name: String, value: String)]

    /// Performs an action and lays its answer.
    mutating func perform(
        _ call: SOAPCall, of service: SimulatedService, from client: SocketAddress,
        at now: ContinuousClock.Instant
    ) -> HTTPReaction {
        var ended = table.expire(at: now)
        do throws(UPnPError) {
            guard let action = service.actions.first(where: { $0.name == call.action }) else {
                throw UPnPError(401)
            }
            if let code = faults.upnp.refusals[call.action] { throw UPnPError(code) }
            guard action.inputs.allSatisfy({ call.arguments[$0.name] != nil }) else {
                throw UPnPError(402)
            }
            if service.controlPath == SimulatedService.idleConnection.controlPath {
                let results = try idleFacts(call.action)
                return HTTPReaction(answer: success(call, results, service), ended: ended)
            }
            if service.controlPath == SimulatedService.firewall.controlPath {
                let results = try performOnFirewall(call, from: client, at: now)
                return HTTPReaction(reply(to: call, results, service, at: now), ended: ended)
            }
            let (results, closed) = try perform(call, from: client, at: now)
            ended += closed
            return HTTPReaction(
                reply(to: call, results, service, at: now), ended: ended)
        } catch {
            return HTTPReaction(answer: fault(error), ended: ended)
        }
    }

    private mutating func perform(
        _ call: SOAPCall, from client: SocketAddress, at now: ContinuousClock.Instant
    ) throws(UPnPError) -> (Results, [any PortForwarding]) {
        switch call.action {
        case "AddPortMapping":
            _ = try add(UPnPMappingRequest(call), isAny: false, from: client, at: now)
            return ([], [])
        case "AddAnyPortMapping":
            let port = try add(UPnPMappingRequest(call), isAny: true, from: client, at: now)
            return ([("NewReservedPort", String(port))], [])
        case "DeletePortMapping": return ([], try delete(call, from: client))
        case "DeletePortMappingRange": return ([], try deleteRange(call, from: client))
        case "GetGenericPortMappingEntry": return (try genericEntry(call, at: now), [])
        case "GetSpecificPortMappingEntry": return (try specificEntry(call, at: now), [])
        case "GetListOfPortMappings": return (try listing(call, at: now), [])
        default: return (try facts(call.action, at: now), [])
        }
    }

    /// What a connection says that is down.
    private func idleFacts(_ action: String) throws(UPnPError) -> Results {
        switch action {
        case "GetExternalIPAddress": [("NewExternalIPAddress", "0.0.0.0")]
        case "GetStatusInfo":
            [
                ("NewConnectionStatus", "Disconnected"),
                ("NewLastConnectionError", "ERROR_NONE"), ("NewUptime", "0"),
            ]
        default: throw UPnPError(501)
        }
    }

    /// The answers that change nothing and depend on nothing but the gateway.
    private func facts(
        _ action: String, at now: ContinuousClock.Instant
    ) throws(UPnPError) -> Results {
        switch action {
        case "GetExternalIPAddress":
            [("NewExternalIPAddress", faults.upnp.externalAddress ?? reportedAddress.description)]
        case "GetStatusInfo":
            [
                ("NewConnectionStatus", faults.upnp.connectionStatus),
                ("NewLastConnectionError", "ERROR_NONE"),
                ("NewUptime", String(epoch.seconds(at: now))),
            ]
        case "GetConnectionTypeInfo":
            [("NewConnectionType", "IP_Routed"), ("NewPossibleConnectionTypes", "IP_Routed")]
        case "GetNATRSIPStatus": [("NewRSIPAvailable", "0"), ("NewNATEnabled", "1")]
        case "GetDefaultConnectionService":
            [
                (
                    "NewDefaultConnectionService",
                    "uuid:\(Self.identifiers[2]):WANConnectionDevice:\(configuration.upnp.version),"
                        + "urn:upnp-org:serviceId:\(connection.identifier)"
                )
            ]
        case "GetCommonLinkProperties":
            [
                ("NewWANAccessType", "Ethernet"), ("NewLayer1UpstreamMaxBitRate", "1000000000"),
                ("NewLayer1DownstreamMaxBitRate", "1000000000"), ("NewPhysicalLinkStatus", "Up"),
            ]
        case "GetTotalBytesSent": [("NewTotalBytesSent", "0")]
        default: throw UPnPError(401)
        }
    }

    /// The answer to an action that was carried out, as a fault spoils it.
    private func reply(
        to call: SOAPCall, _ results: Results, _ service: SimulatedService,
        at now: ContinuousClock.Instant
    ) -> HTTPReply {
        let answer = success(call, results, service)
        switch faults.upnp.spoiltAnswers[call.action] {
        case nil: return .answer(answer)
        case .page: return .answer(.page(200))
        case .cut: return .answer(answer.cut)
        case .status500: return .answer(HTTPAnswer(status: 500, body: ""))
        case .closed: return .close
        case .otherAction:
            var other = call
            other.action = call.action == "GetStatusInfo" ? "GetExternalIPAddress" : "GetStatusInfo"
            let facts = (try? facts(other.action, at: now)) ?? []
            return .answer(success(other, facts, service))
        }
    }

    private func success(
        _ call: SOAPCall, _ results: Results, _ service: SimulatedService
    ) -> HTTPAnswer {
        if faults.upnp.sendsEmptyAnswers { return HTTPAnswer(body: "") }
        let isOdd = faults.upnp.hasOddAnswers
        let name = "u:" + call.action + (isOdd ? "" : "Response")
        let namespace = isOdd ? "urn:upnp-org:serviceId:\(service.identifier)" : service.type
        let values = results.map { name, value in
            // The list is a document of its own; miniupnpc reads it in this form alone.
            let text = name == "NewPortListing" ? "<![CDATA[\(value)]]>" : escaped(value)
            return "<\(name)>\(text)</\(name)>"
        }
        return HTTPAnswer(
            body: "<?xml version=\"1.0\"?>\r\n"
                + envelope("<\(name) xmlns:u=\"\(namespace)\">\(values.joined())</\(name)>")
                + "\r\n")
    }

    private func fault(_ error: UPnPError) -> HTTPAnswer {
        let status = faults.upnp.sendsFaultsWith200 ? 200 : 500
        if faults.upnp.hasOddFaults {
            return HTTPAnswer(
                status: status,
                body: envelope(
                    "<s:Fault><faultCode>s:Client</faultCode><faultString>UPnPError</faultString>"
                        + "<detail><UPnPError><errorCode> \(error.code) </errorCode></UPnPError>"
                        + "</detail></s:Fault>"))
        }
        return HTTPAnswer(
            status: status,
            body: envelope(
                "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring>"
                    + "<detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\">"
                    + "<errorCode>\(error.code)</errorCode>"
                    + "<errorDescription>\(error.name)</errorDescription>"
                    + "</UPnPError></detail></s:Fault>"))
    }

    private func envelope(_ body: String) -> String {
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""
            + " s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
            + "<s:Body>\(body)</s:Body></s:Envelope>"
    }
}
