import Glibc
import Logging

/// A connected socket to one gateway's port 5351, which PCP and NAT-PMP share.
///
/// It keeps its descriptor as long as every request on it has been answered, and otherwise opens a
/// new one for the next question: a NAT-PMP response does not say which request it answers, and a
/// PCP refusal looks the same for every request for one mapping.
///
/// Not Sendable: one task uses it at a time, so no task can take another's response.
final class GatewaySocket {
    private static let unaskedLimit = 1024

    /// The port of both protocols (RFC 6886, section 3; RFC 6887, section 19).
    static let port: UInt16 = 5351

    /// The gateway's address and port.
    let gateway: SocketAddress
    /// The socket's own address: PCP's client address, and the internal address of its mappings.
    private(set) var local: SocketAddress
    /// The transport underneath; waiting for a datagram between questions consumes none.
    private(set) var transport: any DatagramTransport
    /// Opens another socket from the same address.
    private let open: (() throws(SystemError) -> Socket)?
    /// Whether no late response can be mistaken for the next question's.
    var isSettled = true
    /// When the present question began; `nil` before the first one.
    private var questionStart: ContinuousClock.Instant?
    private var pcpEpoch = EpochRecord()
    private var natpmpEpoch = EpochRecord()
    /// Whether the gateway has answered PCP.
    private(set) var knowsPCP = false
    private var withdrawals = Withdrawals()
    /// Datagrams that arrived between questions.
    private var unasked: [[UInt8]] = []
    /// How often an epoch has shown that the gateway lost its mappings.
    private(set) var lossCount = 0

    /// A socket to the gateway, and its own address.
    typealias Socket = (transport: any DatagramTransport, local: SocketAddress)

    /// - Parameters:
    ///   - gateway: its address and port.
    ///   - local: the first socket's own address.
    ///   - transport: the first socket.
    ///   - open: opens another one; `nil` when there can be no other.
    init(
        gateway: SocketAddress, local: SocketAddress, transport: any DatagramTransport,
        open: (() throws(SystemError) -> Socket)? = nil
    ) {
        self.gateway = gateway
        self.local = local
        self.transport = transport
        self.open = open
    }

    /// The gateway as errors and mappings name it.
    var name: GatewayAddress { GatewayAddress(gateway) }

    /// The present, by the transport's clock.
    var now: ContinuousClock.Instant { transport.now }

    /// Sends requests when they are due and hands out the responses, until every request has been
    /// answered or given up, or time runs out.
    ///
    /// A rival search starts at its own time and ends with this call.
    ///
    /// - Returns: why it ended early: the gateway's port is closed, or this host's network failed.
    /// - Throws: `CancellationError`.
    func ask<Answer>(
        _ window: inout RequestWindow<Answer>, _ limit: AskLimit
    ) async throws -> PortMapperError? {
        await beginQuestion()
        questionStart = now
        var pending: PendingQuestion?
        defer { pending?.ends() }
        /// How many requests sent have no response.
        var unanswered = 0
        defer { if unanswered > 0 { isSettled = false } }
        /// The first ICMP error and its time, as long as nothing else has arrived.
        var closed: (since: ContinuousClock.Instant, error: SystemError)?
        var silentSince = now
        var isSearching = false
        return try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            while true {
                do {
                    for payload in window.due(at: now) {
                        unanswered += 1
                        let question = PendingQuestion(
                            Technique(ofDatagram: payload), to: gateway.address)
                        question.begins(until: limit.deadline)
                        pending = question
                        log.debug(
                            """
                            asking \(gateway) by \(question.technique.displayName): \
                            \(PacketDescription(payload).brief)
                            """)
                        try send(payload)
                    }
                    guard !window.isFinished, let wake = window.nextWake else { break }
                    if limit.rival?.search.hasHeard == true { limit.budget.hasHeard = true }
                    guard !limit.isOver(at: now, silentSince: silentSince) else {
                        log.debug("\(gateway): no answer within \(elapsedText)")
                        // A run that may be resumed keeps doubting weak answers (T-5).
                        if now >= limit.budget.deadline { window.timeIsOver() }
                        break
                    }
                    // Without the search at first: most gateways answer before it would add traffic.
                    if let rival = limit.rival, !isSearching,
                        now >= silentSince + rival.searchesAfter
                    {
                        log.debug("\(gateway): no answer yet; searching for UPnP as well")
                        isSearching = true
                        let end = min(limit.end ?? limit.budget.end, limit.budget.end)
                        group.addTask { await rival.search.search(until: end) }
                    }
                    let look = limit.rival.map {
                        isSearching ? now + Self.lookInterval : silentSince + $0.searchesAfter
                    }
                    let payload = try await receive(
                        by: transport, until: min(wake, limit.deadline, look ?? wake))
                    guard let payload else { continue }
                    guard window.received(payload) else {
                        answerStray(payload)
                        continue
                    }
                    log.debug(
                        """
                        \(gateway) answered by \(Technique(ofDatagram: payload).displayName) after \
                        \(elapsedText): \(PacketDescription(payload).brief)
                        """)
                    unanswered -= 1
                    closed = nil
                    silentSince = now
                    limit.budget.hasHeard = true
                    window.gatewayAnswered(at: now)
                } catch let error as SystemError where error.saysPortIsClosed {
                    // One ICMP error counts as one lost packet, as if the request had not been sent.
                    log.debug("\(gateway): \(error.reason) after \(elapsedText)")
                    let first = closed ?? (now, error)
                    closed = first
                    guard now < first.since + limit.closedBelief else { break }
                    window.portIsClosed(at: now)
                } catch let error as SystemError {
                    return classified(error)
                }
            }
            return closed.map { classified($0.error) }
        }
    }

    /// For how long the present question has been asked.
    private var elapsedText: String { millisecondsText(now - (questionStart ?? now)) }

    /// How often the rival search is checked.
    private static let lookInterval = Duration.milliseconds(5)

    /// Makes sure that whatever arrives from now on answers a request sent from now on.
    ///
    /// This may replace the socket, and with it the local port.
    func beginQuestion() async {
        guard !isSettled, let socket = try? open?() else { return await drain() }
        (transport, local) = socket
        isSettled = true
        withdrawals.forgetOld(at: now)
    }

    /// Sends a delete once, without waiting, and again if a grant arrives late.
    func withdraw(_ withdrawal: Withdrawals.Withdrawal) {
        withdrawals.add(withdrawal, on: transport)
        isSettled = false
        try? send(withdrawal.delete)
    }

    /// Forgets a withdrawal because the same mapping is requested again.
    func resume(_ delete: [UInt8]) { withdrawals.resume(delete) }

    /// Deletes late grants of withdrawn requests that have already arrived, without waiting.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func answerLateGrants() async -> Bool {
        var hasAnswered = false
        for transport in withdrawals.transports {
            for _ in 0..<Self.unaskedLimit {
                guard let payload = try? await receive(by: transport, until: now) else { break }
                hasAnswered = answerStray(payload) || hasAnswered
            }
        }
        return hasAnswered
    }

    /// Returns, without waiting, the datagrams that arrived between questions.
    func takeUnasked() async -> [[UInt8]] {
        await answerLateGrants()
        await drain()
        defer { unasked = [] }
        return unasked
    }

    private func drain() async {
        while unasked.count < Self.unaskedLimit,
            let payload = try? await receive(by: transport, until: now)
        {
            if !answerStray(payload) { unasked.append(payload) }
        }
    }

    /// - Returns: whether the datagram granted a withdrawn request.
    @discardableResult
    private func answerStray(_ payload: [UInt8]) -> Bool {
        let isLateGrant = withdrawals.takeBack(grantedBy: payload)
        log.debug(
            isLateGrant
                ? "\(gateway): a grant after all of what was withdrawn; deleting it"
                : "\(gateway): an answer to nothing that was asked, ignored")
        return isLateGrant
    }

    private func send(_ payload: [UInt8]) throws(SystemError) {
        log.trace("to \(gateway): \(PacketDescription(payload).whole)")
        log.trace("    \(packetText(payload))")
        try transport.send(payload, to: nil)
    }

    private func receive(
        by transport: any DatagramTransport, until deadline: ContinuousClock.Instant
    ) async throws -> [UInt8]? {
        guard let datagram = try await transport.receive(until: deadline) else { return nil }
        log.trace("from \(gateway): \(PacketDescription(datagram.payload).whole)")
        log.trace("    \(packetText(datagram.payload))")
        return datagram.payload
    }

    /// ICMP errors mean that the gateway's port is closed or unreachable; others are this host's.
    private func classified(_ error: SystemError) -> PortMapperError {
        error.saysPortIsClosed
            ? .closed(gateway: name, cause: error) : .system(error)
    }

    /// Records the epoch of an accepted PCP response, and counts a lost table.
    func notePCPEpoch(_ epochSeconds: UInt32) {
        knowsPCP = true
        note(pcpEpoch.acceptsPCP(epochSeconds, in: exchange))
    }

    /// Records the epoch of a NAT-PMP response, and counts a lost table.
    func noteNATPMPEpoch(_ epochSeconds: UInt32) {
        note(natpmpEpoch.acceptsNATPMP(epochSeconds, in: exchange))
    }

    /// From the start of the present question until now: the gateway read its clock in between.
    private var exchange: ClosedRange<ContinuousClock.Instant> {
        let now = now
        return min(questionStart ?? now, now)...now
    }

    private func note(_ isWhole: Bool) {
        guard !isWhole else { return }
        lossCount += 1
        log.debug("\(gateway): the epoch says that its mappings were lost")
    }

    /// Waits, and treats every datagram that arrives as unasked.
    func rest(until end: ContinuousClock.Instant) async throws {
        while now < end {
            do {
                if let payload = try await receive(by: transport, until: end) {
                    answerStray(payload)
                }
            } catch let error as SystemError where error.saysPortIsClosed {
                continue
            }
        }
    }
}

extension GatewaySocket {
    /// Connects a socket, so that the kernel drops other senders and reports a closed port (T-5).
    ///
    /// - Throws: `SystemError`; EADDRNOTAVAIL when `source` is not an address of this host.
    convenience init(
        to gateway: SocketAddress, from source: IPAddress? = nil, interface: String? = nil
    ) throws(SystemError) {
        let first = try Self.socket(
            to: gateway, from: source.map { SocketAddress($0, port: 0) }, interface)
        var source = first.local
        source.port = 0
        self.init(
            gateway: gateway, local: first.local, transport: first.transport,
            open: { [source] () throws(SystemError) in
                try Self.socket(to: gateway, from: source, interface)
            })
    }

    private static func socket(
        to gateway: SocketAddress, from source: SocketAddress?, _ interface: String?
    ) throws(SystemError) -> Socket {
        let socket = try UDPSocket(gateway.address.family, receiveSize: PCPLimits.datagram + 4)
        if let interface { try socket.bind(toInterface: interface) }
        if let source { try socket.bind(to: source) }
        try socket.connect(to: gateway)
        return (socket, try socket.localAddress())
    }
}

extension SystemError {
    /// Whether ICMP says that a port is closed or its host cannot be reached.
    var saysPortIsClosed: Bool {
        [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN].contains(code)
    }
}
