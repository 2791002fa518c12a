import Logging

extension UPnPBrowser {
    /// What the caller of a search wants after a device.
    enum Verdict: Sendable {
        case goOn
        /// The plan's own time is enough; later rounds are not needed.
        case isEnough
        /// Nothing else is of interest.
        case stop
    }

    /// What happens in a search.
    private enum Event: Sendable {
        case reply(SSDPReply, SSDPLink)
        case described(SSDPReply, UPnPDevice)
        /// A default gateway's description has not come for a while.
        case slow(SSDPReply)
        case planIsOver
        /// A link's search has ended; with how many answers ignored, or why.
        case linkEnded(ignored: Int, SystemError?)
    }

    /// Searches on all links, IPv6 after IPv4 (S-16), and fetches what answers.
    ///
    /// Everything that it starts has ended when it returns.
    ///
    /// - Parameters:
    ///   - plan: what is asked when.
    ///   - deadline: when listening ends, at the latest.
    ///   - fetchDeadline: when fetching ends.
    ///   - gatewayDeadline: when fetching a default gateway's description ends; `nil` is
    ///     `fetchDeadline`.
    ///   - found: called for one device at a time; says how to go on.
    /// - Returns: what could not be shown.
    /// - Throws: `PortMapperError.system` when no link could be searched, `CancellationError`.
    func search(
        _ plan: SSDPSearchPlan, until deadline: ContinuousClock.Instant,
        fetchesUntil fetchDeadline: ContinuousClock.Instant,
        gatewaysUntil gatewayDeadline: ContinuousClock.Instant? = nil,
        _ found: (UPnPDevice) async -> Verdict
    ) async throws -> Summary {
        let question = PendingQuestion(.upnp)
        question.begins(until: deadline)
        defer { question.ends() }
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        var next = events.makeAsyncIterator()
        return try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            for link in links {
                group.addTask { await listen(on: link, plan, until: deadline, feed) }
            }
            group.addTask {
                try? await Reactor.shared.sleep(until: .now + plan.duration)
                feed.yield(.planIsOver)
            }
            var progress = UPnPSearchProgress(plan: plan, links: links.count)
            while !progress.isOver {
                for (reply, link) in progress.startable() {
                    // Another device that hangs must not hold up the end of the search.
                    let deadline =
                        reply.isGateway
                        ? gatewayDeadline ?? fetchDeadline
                        : min(fetchDeadline, .now + .upnpRequest)
                    group.addTask {
                        let device = await describe(reply, on: link, plan, until: deadline)
                        feed.yield(.described(reply, device))
                    }
                    guard reply.isGateway else { continue }
                    group.addTask {
                        try? await Reactor.shared.sleep(until: .now + .milliseconds(300))
                        feed.yield(.slow(reply))
                    }
                }
                // The stream ends only with the caller's task.
                guard let event = await next.next() else { throw CancellationError() }
                try await handle(event, &progress, found)
            }
            return Summary(ignored: progress.ignored)
        }
    }

    private func handle(
        _ event: Event, _ progress: inout UPnPSearchProgress, _ found: (UPnPDevice) async -> Verdict
    ) async throws {
        switch event {
        case .reply(let reply, let link):
            if reply.isGateway { gatewayAnswered() }
            progress.add(reply, on: link)
        case .described(let reply, let device):
            guard progress.finished(reply, as: device) else { return }
            progress.note(await found(device))
        case .slow(let reply):
            progress.isSlow(reply)
        case .planIsOver:
            progress.isPlanOver = true
        case .linkEnded(let ignored, let error):
            try progress.linkEnded(ignored: ignored, error)
        }
    }

    private func listen(
        on link: SSDPLink, _ plan: SSDPSearchPlan, until deadline: ContinuousClock.Instant,
        _ feed: AsyncStream<Event>.Continuation
    ) async {
        var ended = Event.linkEnded(ignored: 0, nil)
        do {
            // A FRITZ!Box answers wrongly when both families ask at the same moment.
            let isSecond =
                link.source.family == .ipv6 && links.contains { $0.source.family == .ipv4 }
            let search = SSDPSearch(
                plan: isSecond ? plan.delayed(by: plan.duration / 2) : plan, link: link,
                transport: try network.datagrams(on: link),
                deadline: deadline)
            let ignored = try await search.run { feed.yield(.reply($0, link)) }
            ended = .linkEnded(ignored: ignored, nil)
        } catch let error as SystemError {
            log.debug("search from \(link.source): \(error)")
            ended = .linkEnded(ignored: 0, error)
        } catch {}  // cancelled: nobody waits for the event any more
        feed.yield(ended)
    }

    private func describe(
        _ reply: SSDPReply, on link: SSDPLink, _ plan: SSDPSearchPlan,
        until deadline: ContinuousClock.Instant
    ) async -> UPnPDevice {
        var device: UPnPDevice
        do {
            device = try await UPnPDevice.described(
                at: reply.url, by: network.http(on: link), until: deadline)
            if plan.readsActions { try await device.readActions(timeout: deadline - .now) }
        } catch {
            let failure = error as? UPnPFailure ?? .http(.timeout)
            log.debug("\(reply.url): \(failure)")
            device = UPnPDevice(
                at: reply.url,
                problem: PortMapperError(
                    failure, host: reply.url.socketAddress, after: .upnpRequest))
        }
        device.server = reply.message.fields["SERVER"]
        device.usn = reply.message.usn
        device.bootIdentifier = reply.message.bootIdentifier
        device.isDefaultGateway = reply.isGateway || isGateway(reply.source, on: link)
        device.isRepointed =
            reply.isRepointed
            && !reply.url.isOwnPlace(
                of: reply.message.location, isGateway: device.isDefaultGateway)
        return device
    }

    /// Whether an address is another one of a default gateway's on the link: an IPv6 router has
    /// several, and answers a search from the one that goes with the searcher's (S-10).
    ///
    /// Neighbour discovery knows, once the description was fetched: both addresses lead to one
    /// interface. A forger would have to take the gateway's own place on the link. In IPv4 this
    /// proves less, for a repeater may answer ARP for the router behind it, and announce itself (S-9).
    private func isGateway(_ source: SocketAddress, on link: SSDPLink) -> Bool {
        guard source.address.unmapped.family == .ipv6,
            let own = network.linkLayerAddress(of: source.address, on: link)
        else { return false }
        return link.gateways.contains {
            $0.address.family == .ipv6
                && network.linkLayerAddress(of: $0.address, on: link) == own
        }
    }
}
