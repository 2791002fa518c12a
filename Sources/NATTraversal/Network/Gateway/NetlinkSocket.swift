import CSystemCalls
import Glibc

/// A socket to the kernel's tables of routes, addresses and links.
///
/// The kernel answers while it is asked, so nothing here suspends.
struct NetlinkSocket: ~Copyable {
    /// How often a table is read again that changed while it was read.
    private static let restarts = 5
    /// How long an answer may take in all; it is there within a millisecond.
    private static let timeLimit = Duration.seconds(1)
    /// The kernel makes no datagram of a dump larger than this.
    private static let receiveSize = 32768

    let descriptor: Int32
    private let port: UInt32
    private var sequence: UInt32 = 0

    /// An open socket with a port of the kernel's choice.
    ///
    /// - Parameter groups: what the kernel is to tell without being asked, as bits (RTMGRP_LINK).
    /// - Throws: `SystemError` of socket(2), bind(2) or getsockname(2); sandboxes forbid any of them.
    init(groups: UInt32 = 0) throws(SystemError) {
        let flags = SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_NETLINK, Int32(flags), NETLINK_ROUTE)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            port = try Self.bind(descriptor, to: groups)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// What the kernel answers to `request`, read by `parse`.
    ///
    /// A table that keeps changing is given as it was read last: each entry is whole, but one may be
    /// missing or double.
    ///
    /// - Throws: `SystemError` with the kernel's errno (ENODEV: no such interface), or with
    ///   ETIMEDOUT, EBADMSG.
    mutating func ask<Element>(
        _ request: NetlinkRequest,
        parse: @escaping (NetlinkMessage) throws(WireError) -> Element?
    ) throws(SystemError) -> [Element] {
        let deadline = ContinuousClock.now + Self.timeLimit
        var elements: [Element] = []
        for _ in 0...Self.restarts {
            sequence &+= 1
            try send(request.encoded(sequence: sequence))
            var answer = NetlinkAnswer(to: sequence, port: port, parse: parse)
            while !answer.isComplete {
                if let datagram = try receive(until: deadline) { try answer.take(datagram) }
            }
            elements = answer.elements
            if !answer.isInterrupted { break }
        }
        return elements
    }

    private func send(_ message: [UInt8]) throws(SystemError) {
        // Without an address it goes to the kernel.
        let count = unsafe Glibc.send(descriptor, message, message.count, 0)
        guard count == message.count else { throw SystemError("send") }
    }

    /// The next datagram; `nil` when another process sent it.
    private func receive(until deadline: ContinuousClock.Instant) throws(SystemError) -> [UInt8]? {
        while ContinuousClock.now < deadline {
            var sender = sockaddr_nl()
            var count = -1
            let datagram = unsafe [UInt8](
                unsafeUninitializedCapacity: Self.receiveSize
            ) { buffer, size in
                count = unsafe Self.receive(descriptor, into: buffer, from: &sender)
                size = max(0, min(count, buffer.count))
            }
            // The count is the whole datagram's, even where the buffer was too short for it.
            if count > datagram.count { throw SystemError("recvfrom", code: EMSGSIZE) }
            if count >= 0 { return sender.nl_pid == 0 ? datagram : nil }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitForInput(until: deadline)
            default: throw SystemError("recvfrom")
            }
        }
        throw SystemError("recvfrom", code: ETIMEDOUT)
    }

    private static func receive(
        _ descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>,
        from sender: inout sockaddr_nl
    ) -> Int {
        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
        return unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe recvfrom(
                    descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC), $0, &length)
            }
        }
    }

    private func waitForInput(until deadline: ContinuousClock.Instant) {
        let milliseconds = (deadline - .now) / .milliseconds(1)
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // At the deadline, or when a signal ended it, the caller looks again.
        _ = unsafe poll(&polled, 1, Int32(max(0, milliseconds.rounded(.up))))
    }

    /// Binds to a port that the kernel chooses; the result is that port.
    private static func bind(_ descriptor: Int32, to groups: UInt32) throws(SystemError) -> UInt32 {
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = groups
        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let call: String? = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                if unsafe Glibc.bind(descriptor, address, length) != 0 { return "bind" }
                return unsafe getsockname(descriptor, address, &length) != 0 ? "getsockname" : nil
            }
        }
        if let call { throw SystemError(call) }
        return address.nl_pid
    }
}

extension NetlinkSocket {
    /// Waits for what the kernel tells of itself, in the groups that the socket was opened for.
    ///
    /// - Returns: whether there was something, whatever it was; `false` when it was not the kernel's
    ///   or the deadline has passed.
    /// - Throws: `SystemError`, `CancellationError`.
    func hasNews(until deadline: ContinuousClock.Instant?) async throws -> Bool {
        // Not only where it waits: a flood would never let it.
        try Task.checkCancellation()
        if let hasNews = try takeNews() { return hasNews }
        _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN, until: deadline)
        return try takeNews() ?? false
    }

    /// Drops the next message; the result is whether the kernel sent it, `nil` where none was there.
    private func takeNews() throws(SystemError) -> Bool? {
        var sender = sockaddr_nl()
        let nothing = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
        if unsafe Self.receive(descriptor, into: nothing, from: &sender) >= 0 {
            return sender.nl_pid == 0
        }
        switch errno {
        case EAGAIN, EINTR: return nil
        // Messages were lost: what they said is read anew in any case.
        case ENOBUFS: return true
        default: throw SystemError("recvfrom")
        }
    }
}
