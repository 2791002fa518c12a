import NATTraversal

extension GatewayState {
    /// How the gateway answers a request on its connection.
    enum HTTPReply {
        case answer(HTTPAnswer)
        /// The connection is reset.
        case reset
        /// The connection is closed in order, without an answer.
        case close
        /// The connection stays open, silent, until the client closes it.
        case silence
    }

    /// What follows from a request by HTTP.
    struct HTTPReaction {
        var reply: HTTPReply
        /// How long an answer is held back.
        var delay = Duration.zero
        /// The forwarding of ended mappings, to be closed before the answer is sent.
        var ended: [any PortForwarding] = []

        init(_ reply: HTTPReply, ended: [any PortForwarding] = []) {
            self.reply = reply
            self.ended = ended
        }

        init(answer: HTTPAnswer, ended: [any PortForwarding] = []) {
            self.init(.answer(answer), ended: ended)
        }
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
            var reaction = HTTPReaction(document(at: request.path, now: now))
            reaction.delay = faults.answerDelays[.description] ?? .zero
            return reaction
        case "POST": return control(request, from: client, at: now)
        default: return HTTPReaction(answer: .page(501))
        }
    }

    private mutating func document(at path: String, now: ContinuousClock.Instant) -> HTTPReply {
        if path == "/rootDesc.xml" {
            if faults.upnp.hasLoginPage { return .answer(.page(200)) }
            return faulty(HTTPAnswer(body: deviceDescription))
        }
        if path == "/mappings" {
            pinholes.expire(at: now)
            return .answer(
                HTTPAnswer(
                    body: table.text(at: now) + pinholes.text(at: now), contentType: "text/plain"))
        }
        guard !faults.upnp.hidesServiceDescriptions,
            let service = services.first(where: { $0.descriptionPath == path })
        else {
            return .answer(.page(404))
        }
        return .answer(HTTPAnswer(body: service.document))
    }

    /// The device description, or what the next one of its faults makes of it.
    private mutating func faulty(_ description: HTTPAnswer) -> HTTPReply {
        guard let fault = faults.upnp.descriptionFault, fault.count > 0 else {
            return .answer(description)
        }
        faults.upnp.descriptionFault?.count -= 1
        return switch fault.kind {
        case .hung: .silence
        case .cut: .answer(description.cut)
        case .unavailable: .answer(.page(503))
        }
    }

    private mutating func control(
        _ request: HTTPRequest, from client: SocketAddress, at now: ContinuousClock.Instant
    ) -> HTTPReaction {
        let operation: GatewayOperation
        let call = SOAPCall(request.body)
        switch call?.action {
        case "AddPortMapping", "AddAnyPortMapping", "AddPinhole": operation = .upnpMap
        case "DeletePortMapping", "DeletePortMappingRange", "DeletePinhole": operation = .upnpDelete
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
        if faults.upnp.resetActions.contains(call.action) { return HTTPReaction(.reset) }
        var reaction = perform(call, of: service, from: client, at: now)
        reaction.delay =
            faults.upnp.actionDelays[call.action] ?? faults.answerDelays[operation] ?? .zero
        return reaction
    }

    /// The service that a control URL leads to; the connection's may be spelled as a fault wants.
    private func service(at path: String) -> SimulatedService? {
        if let service = services.first(where: { $0.controlPath == path }) { return service }
        guard let spelling = faults.upnp.controlURL, !spelling.isEmpty else { return nil }
        return spelling.hasSuffix(path) || path.hasSuffix(spelling) ? connection : nil
    }
}
