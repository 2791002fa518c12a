import Logging

/// A search on one link: sends what the plan says and hands out what answers.
struct SSDPSearch {
    let plan: SSDPSearchPlan
    let link: SSDPLink
    let transport: any DatagramTransport
    /// When the search stops; later than the plan's own end, its last round is repeated until then.
    let deadline: ContinuousClock.Instant

    /// Searches until the deadline; the search ends by the clock, however much answers (T-4).
    ///
    /// - Parameter found: called for each answer with something new.
    /// - Returns: how many answers were ignored because of limits.
    /// - Throws: `SystemError` when the socket fails, `CancellationError`.
    func run(_ found: (SSDPReply) -> Void) async throws -> Int {
        let start = transport.now
        log.debug("searching for UPnP devices from \(link.source)")
        var replies = SSDPReplies(
            gateways: Set(link.gateways.map(\.address.unmapped)), limits: plan.limits)
        var pending = plan.sends
        var nextRound = start + plan.duration
        while transport.now < deadline {
            let now = transport.now
            if now >= nextRound {
                pending += SSDPSearchPlan.round(plan.laterRound, at: now - start)
                nextRound = now + SSDPSearchPlan.laterRoundInterval
            }
            while let send = pending.first, start + send.offset <= now {
                ask(for: send.target)
                pending.removeFirst()
            }
            let wake = pending.first.map { start + $0.offset } ?? nextRound
            guard let datagram = try await transport.receive(until: min(wake, deadline)) else {
                continue
            }
            // Such a message is still read as far as it goes (S-12).
            if datagram.isTruncated { log.debug("\(datagram.source): an SSDP datagram was cut") }
            guard let reply = replies.receive(datagram) else { continue }
            log.debug(
                """
                \(reply.source) answered the search after \(millisecondsText(transport.now - start)): \
                \(reply.url)
                """)
            found(reply)
        }
        return replies.ignored
    }

    /// Asks the group and each gateway at the same moment (S-4).
    ///
    /// A send that fails loses one datagram of several; the others may get through.
    private func ask(for target: SSDPTarget) {
        let destinations =
            [(link.group, UInt8?.some(plan.maximumWaitSeconds))]
            + link.gateways.map { ($0, nil) }
        for (destination, wait) in destinations {
            let request = SSDPSearchRequest(
                destination: destination, target: target, maximumWaitSeconds: wait)
            do throws(SystemError) {
                try transport.send(request.encoded, to: destination)
                log.trace("to \(destination): M-SEARCH \(target.rawValue)")
            } catch {
                log.debug("search to \(destination): \(error)")
            }
        }
    }
}
