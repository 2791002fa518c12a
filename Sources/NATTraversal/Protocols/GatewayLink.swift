import Glibc
import Logging

/// The socket to one gateway's port 5351, on which PCP and NAT-PMP are spoken.
///
/// Not Sendable: one task uses it at a time, so nobody can take another's answer.
final class GatewayLink {
    private static let withdrawalLimit = 64
    private static let unaskedLimit = 1024

    /// The port of both protocols (RFC 6886, section 3; RFC 6887, section 19).
    static let port: UInt16 = 5351

    /// The gateway's address and port.
    let gateway: SocketAddress
    /// Where the socket is bound; PCP's client address and the internal address of its mappings.
    let local: SocketAddress
    /// Where datagrams come from; who waits here while nothing is asked takes none of them.
    let transport: any DatagramTransport
    private var pcpEpoch = EpochRecord()
    private var natpmpEpoch = EpochRecord()
    /// Whether the gateway has answered PCP.
    private(set) var knowsPCP = false
    private var withdrawals: [Withdrawal] = []
    /// Deletes that were sent and no grant has followed, so that an answer to one may still come.
    private var deletes: Set<[UInt8]> = []
    private var hasLostTable = false
    /// Set while another technique may take the place of what is asked here.
    var race: RequestRace?

    /// A request that was given up for another way, and what takes back a grant that still comes.
    struct Withdrawal {
        var isGrant: @Sendable ([UInt8]) -> Bool
        var delete: [UInt8]
    }

    init(gateway: SocketAddress, local: SocketAddress, transport: any DatagramTransport) {
        self.gateway = gateway
        self.local = local
        self.transport = transport
    }

    /// Connects a socket, so that strangers are not heard and a closed port is (T-5).
    ///
    /// - Throws: `SystemError`; EADDRNOTAVAIL says that `source` is not an address of this host.
    convenience init(
        to gateway: SocketAddress, from source: IPAddress? = nil, interface: String? = nil
    ) throws(SystemError) {
        let socket = try UDPSocket(gateway.address.family, receiveSize: PCPLimits.datagram + 4)
        if let interface { try socket.bind(toInterface: interface) }
        if let source { try socket.bind(to: SocketAddress(source, port: 0)) }
        try socket.connect(to: gateway)
        self.init(gateway: gateway, local: try socket.localAddress(), transport: socket)
    }

    /// The clock that requests wait by.
    var now: ContinuousClock.Instant { transport.now }

    /// Sends what is due and hands out what arrives, until all is answered or given up, or time is
    /// over.
    ///
    /// - Returns: why it ended earlier: the gateway's port is closed, or this host's network failed.
    /// - Throws: `CancellationError`.
    func ask<Answer>(
        _ window: inout RequestWindow<Answer>, patience: Patience,
        until limit: ContinuousClock.Instant? = nil
    ) async throws -> PortMapperError? {
        do {
            try await exchange(&window, patience: patience, until: limit)
            return nil
        } catch let error as SystemError {
            return classified(error)
        }
    }

    private func exchange<Answer>(
        _ window: inout RequestWindow<Answer>, patience: Patience,
        until limit: ContinuousClock.Instant?
    ) async throws {
        if let race { window.resume(sentAt: race.sentAt) }
        while true {
            for payload in window.due(at: now) { try send(payload) }
            guard !window.isFinished, let wake = window.nextWake else { return }
            if race?.hasOtherHeard() == true { patience.hasHeard = true }
            let deadline = min(patience.deadline, limit ?? patience.deadline)
            guard now < deadline, race?.isLost(now) != true else {
                // A wait that may be taken up again goes on doubting (T-5).
                if now >= patience.deadline { window.timeIsOver() }
                return
            }
            // In a race the other side is looked at every now and then.
            let look = race == nil ? deadline : now + RequestRace.interval
            guard let payload = try await receive(until: min(wake, deadline, look)) else {
                continue
            }
            if window.received(payload) {
                patience.hasHeard = true
                window.gatewayAnswered(at: now)
            } else {
                answerStray(payload)
            }
        }
    }

    /// Sends a delete once, without waiting, and again should a grant still come.
    func withdraw(_ withdrawal: Withdrawal) {
        // A link that is kept for weeks does not keep what nobody will answer any more.
        withdrawals = withdrawals.suffix(Self.withdrawalLimit - 1) + [withdrawal]
        deletes.insert(withdrawal.delete)
        try? send(withdrawal.delete)
    }

    /// Remembers a delete of which more answers than one may come, because it was sent again.
    func noteDelete(_ delete: [UInt8]) { deletes.insert(delete) }

    /// Forgets a withdrawal, because the same is asked for again: its grant is wanted now.
    ///
    /// - Returns: whether the answer to a delete may come before that to the request.
    func takeUp(_ delete: [UInt8]) -> Bool {
        withdrawals.removeAll { $0.delete == delete }
        return deletes.contains(delete)
    }

    /// Forgets a delete, because what was asked for after it is granted.
    func forgetDelete(_ delete: [UInt8]) { deletes.remove(delete) }

    /// Looks whether grants of what was withdrawn have come meanwhile, without waiting.
    ///
    /// - Returns: whether there was one, which is deleted again.
    @discardableResult
    func answerLateGrants() async -> Bool {
        guard !withdrawals.isEmpty else { return false }
        var hasAnswered = false
        while let payload = try? await receive(until: now) {
            hasAnswered = answerStray(payload) || hasAnswered
        }
        return hasAnswered
    }

    /// What has come since the last asking, without waiting; late grants of what was withdrawn are
    /// deleted again.
    func takeUnasked() async -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        while payloads.count < Self.unaskedLimit, let payload = try? await receive(until: now) {
            if !answerStray(payload) { payloads.append(payload) }
        }
        return payloads
    }

    /// - Returns: whether it was the grant of something withdrawn.
    @discardableResult
    private func answerStray(_ payload: [UInt8]) -> Bool {
        guard let late = withdrawals.first(where: { $0.isGrant(payload) }) else {
            log.debug("\(gateway): an answer to nothing that was asked, ignored")
            return false
        }
        log.debug("\(gateway): a grant after all of what was withdrawn; deleting it")
        // What cannot be sent is lost like any other datagram.
        try? send(late.delete)
        return true
    }

    private func send(_ payload: [UInt8]) throws(SystemError) {
        log.trace("to \(gateway): \(packetText(payload))")
        try transport.send(payload, to: nil)
    }

    private func receive(until deadline: ContinuousClock.Instant) async throws -> [UInt8]? {
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

/// A datagram in hexadecimal, the secret part of a PCP nonce left out (T-13).
private func packetText(_ payload: [UInt8]) -> String {
    let hasNonce = payload.count >= 36 && payload[0] == 2 && [1, 2].contains(payload[1] & 0x7F)
    return payload.enumerated().map { index, byte in
        let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
        return hasNonce && (26..<36).contains(index) ? "**" : digits
    }.joined(separator: " ")
}
