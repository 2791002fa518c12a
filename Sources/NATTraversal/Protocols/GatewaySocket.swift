import Glibc
import Logging

/// The way to one gateway's port 5351, where PCP and NAT-PMP are spoken.
///
/// One socket as long as all that was asked on it has its answer, and else a new one for the next
/// question: NAT-PMP's answers do not say what they answer, and a refusal of PCP's looks like that of
/// any request for the same mapping.
///
/// Not Sendable: one task uses it at a time, so nobody can take another's answer.
final class GatewaySocket {
    private static let unaskedLimit = 1024

    /// The port of both protocols (RFC 6886, section 3; RFC 6887, section 19).
    static let port: UInt16 = 5351

    /// The gateway's address and port.
    let gateway: SocketAddress
    /// Where the socket is bound; PCP's client address and the internal address of its mappings.
    private(set) var local: SocketAddress
    /// Where datagrams come from; who waits here while nothing is asked takes none of them.
    private(set) var transport: any DatagramTransport
    /// Opens another socket from the same address.
    private let open: (() throws(SystemError) -> Socket)?
    /// Whether no answer can come late and be taken for that to the next question.
    var isSettled = true
    private var pcpEpoch = EpochRecord()
    private var natpmpEpoch = EpochRecord()
    /// Whether the gateway has answered PCP.
    private(set) var knowsPCP = false
    private var withdrawals = Withdrawals()
    /// What came while nothing was asked.
    private var unasked: [[UInt8]] = []
    /// How often an epoch has told that the gateway's mappings were lost.
    private(set) var lossCount = 0

    /// A socket to the gateway, and where it is bound.
    typealias Socket = (transport: any DatagramTransport, local: SocketAddress)

    /// - Parameters:
    ///   - gateway: its address and port.
    ///   - local: where the first socket is bound.
    ///   - transport: the first socket.
    ///   - open: opens another one; `nil` where there is no other.
    init(
        gateway: SocketAddress, local: SocketAddress, transport: any DatagramTransport,
        open: (() throws(SystemError) -> Socket)? = nil
    ) {
        self.gateway = gateway
        self.local = local
        self.transport = transport
        self.open = open
    }

    /// The clock that requests wait by.
    var now: ContinuousClock.Instant { transport.now }

    /// Sends what is due and hands out what arrives, until all is answered or given up, or time is
    /// over.
    ///
    /// A rival search begins in its time, and ends with this.
    ///
    /// - Returns: why it ended earlier: the gateway's port is closed, or this host's network failed.
    /// - Throws: `CancellationError`.
    func ask<Answer>(
        _ window: inout RequestWindow<Answer>, _ limit: AskLimit
    ) async throws -> PortMapperError? {
        var exchange = Exchange()
        defer { if exchange.unanswered > 0 { isSettled = false } }
        do {
            await beginQuestion()
            guard let rival = limit.rival else {
                try await run(&exchange, &window, limit)
                return exchange.closed.map { classified($0.error) }
            }
            // Alone at first: most gateways have answered by then, and the LAN has heard nothing else.
            var alone = limit
            alone.rival = nil
            alone.end = min(limit.deadline, rival.searchesFrom)
            try await run(&exchange, &window, alone)
            guard !window.isFinished, !limit.isOver(at: now) else { return nil }
            log.debug("\(gateway): no answer yet; searching for UPnP as well")
            let searchEnd = limit.end.map { min($0, limit.budget.end) } ?? limit.budget.end
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await rival.search.search(until: searchEnd) }
                defer { group.cancelAll() }
                try await run(&exchange, &window, limit)
            }
            return exchange.closed.map { classified($0.error) }
        } catch let error as SystemError {
            return classified(error)
        }
    }

    /// What is kept of one asking while it is interrupted.
    private struct Exchange {
        /// How many datagrams have no answer.
        var unanswered = 0
        /// What ICMP said first, and when, as long as nothing else came.
        var closed: (since: ContinuousClock.Instant, error: SystemError)?
    }

    /// How often a rival is looked at.
    private static let lookInterval = Duration.milliseconds(20)

    private func run<Answer>(
        _ exchange: inout Exchange, _ window: inout RequestWindow<Answer>, _ limit: AskLimit
    ) async throws {
        while true {
            do {
                for payload in window.due(at: now) {
                    exchange.unanswered += 1
                    try send(payload)
                }
                guard !window.isFinished, let wake = window.nextWake else { return }
                if limit.rival?.search.hasHeard == true { limit.budget.hasHeard = true }
                guard !limit.isOver(at: now) else {
                    // A wait that may be taken up again goes on doubting (T-5).
                    if now >= limit.budget.deadline { window.timeIsOver() }
                    return
                }
                let look = limit.rival == nil ? limit.deadline : now + Self.lookInterval
                let payload = try await receive(
                    by: transport, until: min(wake, limit.deadline, look))
                guard let payload else { continue }
                guard window.received(payload) else {
                    answerStray(payload)
                    continue
                }
                exchange.unanswered -= 1
                exchange.closed = nil
                limit.budget.hasHeard = true
                window.gatewayAnswered(at: now)
            } catch let error as SystemError where error.saysPortIsClosed {
                // One such message is one lost packet; the request is as good as not sent.
                let closed = exchange.closed ?? (now, error)
                exchange.closed = closed
                guard now < closed.since + limit.closedBelief else { throw error }
                window.portIsClosed(at: now)
            }
        }
    }

    /// Makes sure that what comes from now on answers what is asked from now on.
    ///
    /// The socket may be another one then, with another local port.
    func beginQuestion() async {
        guard !isSettled, let socket = try? open?() else { return await drain() }
        (transport, local) = socket
        isSettled = true
        withdrawals.forgetOld(at: now)
    }

    /// Sends a delete once, without waiting, and again should a grant still come.
    func withdraw(_ withdrawal: Withdrawals.Withdrawal) {
        withdrawals.add(withdrawal, on: transport)
        isSettled = false
        try? send(withdrawal.delete)
    }

    /// Forgets a withdrawal, because the same is asked for again: its grant is wanted now.
    func resume(_ delete: [UInt8]) { withdrawals.resume(delete) }

    /// Looks whether grants of what was withdrawn have come meanwhile, without waiting.
    ///
    /// - Returns: whether there was one, which is deleted again.
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

    /// What has come while nothing was asked, without waiting.
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

    /// - Returns: whether it was the grant of something withdrawn.
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
        log.trace("to \(gateway): \(packetText(payload))")
        try transport.send(payload, to: nil)
    }

    private func receive(
        by transport: any DatagramTransport, until deadline: ContinuousClock.Instant
    ) async throws -> [UInt8]? {
        guard let datagram = try await transport.receive(until: deadline) else { return nil }
        log.trace("from \(gateway): \(packetText(datagram.payload))")
        return datagram.payload
    }

    /// ICMP's errors say that the port is closed or cannot be reached; others are this host's.
    private func classified(_ error: SystemError) -> PortMapperError {
        error.saysPortIsClosed
            ? .closed(gateway: GatewayAddress(gateway.address), cause: error) : .system(error)
    }

    /// Notes the epoch of an accepted PCP answer, and whether the table was lost in between.
    func notePCPEpoch(_ epochSeconds: UInt32) {
        knowsPCP = true
        note(pcpEpoch.acceptsPCP(epochSeconds, at: now))
    }

    /// The same for NAT-PMP.
    func noteNATPMPEpoch(_ epochSeconds: UInt32) {
        note(natpmpEpoch.acceptsNATPMP(epochSeconds, at: now))
    }

    private func note(_ isWhole: Bool) {
        guard !isWhole else { return }
        lossCount += 1
        log.debug("\(gateway): the epoch says that its mappings were lost")
    }

    /// Waits, and hears what comes meanwhile as an answer to nothing that was asked.
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
    /// Connects a socket, so that strangers are not heard and a closed port is (T-5).
    ///
    /// - Throws: `SystemError`; EADDRNOTAVAIL says that `source` is not an address of this host.
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
