import NATTraversal

extension GatewayState {
    /// What follows from a request by HTTP.
    struct HTTPReaction {
        /// `nil` where the connection is reset instead.
        var answer: HTTPAnswer?
        /// How long it is held back.
        var delay = Duration.zero
        var ended: [any PortForwarding] = []
    }

    /// Does what a request by HTTP asks.
    mutating func react(
        to request: HTTPRequest, from client: SocketAddress, at now: ContinuousClock.Instant
    ) -> HTTPReaction {
        if faults.upnp.refusesHTTP11, request.version != "HTTP/1.0" {
            return HTTPReaction(answer: .page(505))
        }
        switch request.method {
        case "GET":
            log.append(
                .init(operation: .description, client: client, bytes: request.body, instant: now))
            return HTTPReaction(answer: document(at: request.path))
        case "POST": return control(request, from: client, at: now)
        default: return HTTPReaction(answer: .page(501))
        }
    }

    private func document(at path: String) -> HTTPAnswer {
        if path == "/rootDesc.xml" {
            return faults.upnp.hasLoginPage ? .page(200) : HTTPAnswer(body: deviceDescription)
        }
        guard !faults.upnp.hidesServiceDescriptions,
            let service = services.first(where: { $0.descriptionPath == path })
        else {
            return .page(404)
        }
        return HTTPAnswer(body: service.document)
    }

    private mutating func control(
        _ request: HTTPRequest, from client: SocketAddress, at now: ContinuousClock.Instant
    ) -> HTTPReaction {
        let operation: GatewayOperation
        let call = SOAPCall(request.body)
        switch call?.action {
        case "AddPortMapping", "AddAnyPortMapping": operation = .upnpMap
        case "DeletePortMapping", "DeletePortMappingRange": operation = .upnpDelete
        default: operation = .upnpRead
        }
        log.append(.init(operation: operation, client: client, bytes: request.body, instant: now))
        if let status = faults.upnp.controlStatus { return HTTPReaction(answer: .page(status)) }
        if let target = faults.upnp.redirection {
            return HTTPReaction(answer: HTTPAnswer(status: 302, body: "", location: target))
        }
        if faults.upnp.wantsCapitalHeader,
            !request.headers.contains(where: { $0.name == "SOAPACTION" })
        {
            return HTTPReaction(answer: .page(501))
        }
        guard let call, let service = service(at: request.path) else {
            return HTTPReaction(answer: .page(call == nil ? 400 : 404))
        }
        if faults.upnp.resetActions.contains(call.action) { return HTTPReaction() }
        var reaction = perform(call, of: service, from: client, at: now)
        reaction.delay = faults.upnp.actionDelays[call.action] ?? .zero
        return reaction
    }

    /// The service that a control URL leads to; the connection's may be spelled as a fault wants.
    private func service(at path: String) -> SimulatedService? {
        if let service = services.first(where: { $0.controlPath == path }) { return service }
        guard let spelling = faults.upnp.controlURL, !spelling.isEmpty else { return nil }
        return spelling.hasSuffix(path) || path.hasSuffix(spelling) ? connection : nil
    }
}
