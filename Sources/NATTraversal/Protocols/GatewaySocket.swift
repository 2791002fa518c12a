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
    private var hasLostTable = false
    /// Set while another technique may take the place of what is asked here.
    var race: RequestRace?

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
    /// - Returns: why it ended earlier: the gateway's port is closed, or this host's network failed.
    /// - Throws: `CancellationError`.
    func ask<Answer>(
        _ window: inout RequestWindow<Answer>, budget: TimeBudget,
        until limit: ContinuousClock.Instant? = nil
    ) async throws -> PortMapperError? {
        do {
            try await exchange(&window, budget: budget, until: limit)
            return nil
        } catch let error as SystemError {
            return classified(error)
        }
    }

    private func exchange<Answer>(
        _ window: inout RequestWindow<Answer>, budget: TimeBudget,
        until limit: ContinuousClock.Instant?
    ) async throws {
        if let sentAt = race?.takeUp() {
            window.resume(sentAt: sentAt)
        } else {
            await beginQuestion()
        }
        var missing = 0
        defer { if missing > 0 { isSettled = false } }
        while true {
            for payload in window.due(at: now) {
                missing += 1
                try send(payload)
            }
            guard !window.isFinished, let wake = window.nextWake else { return }
            if race?.hasOtherHeard() == true { budget.hasHeard = true }
            let deadline = min(budget.deadline, limit ?? budget.deadline)
            guard now < deadline, race?.isLost(now) != true else {
                // A wait that may be taken up again goes on doubting (T-5).
                if now >= budget.deadline { window.timeIsOver() }
                return
            }
            // In a race the other side is looked at every now and then.
            let look = race == nil ? deadline : now + RequestRace.interval
            guard let payload = try await receive(by: transport, until: min(wake, deadline, look))
            else {
                continue
            }
            if window.received(payload) {
                missing -= 1
                budget.hasHeard = true
                window.gatewayAnswered(at: now)
            } else {
                answerStray(payload)
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
    func takeUp(_ delete: [UInt8]) { withdrawals.takeUp(delete) }

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
        switch error.code {
        case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN:
            .closed(gateway: gateway.address.description, cause: error)
        default: .system(error)
        }
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
        hasLostTable = true
        log.debug("\(gateway): the epoch says that its mappings were lost")
    }

    /// Whether an epoch has told since the last call that the gateway's mappings were lost.
    func takeLossOfTable() -> Bool {
        defer { hasLostTable = false }
        return hasLostTable
    }
}
