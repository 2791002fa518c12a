import CSystemCalls
import Glibc

/// A socket to the kernel's tables of routes, addresses and links.
///
/// The kernel answers during the request, so requests do not suspend.
struct NetlinkSocket: ~Copyable {
    /// How often to read a table again that changed while it was read, and until when.
    private static let restarts = 5
    private static let restartLimit = Duration.seconds(1)
    /// How long the kernel may be silent; it writes each part of an answer when that is read.
    private static let silence = Duration.seconds(1)
    /// The largest datagram that the kernel sends of a dump.
    private static let receiveSize = 32768

    let descriptor: Int32
    private let port: UInt32
    private var sequence: UInt32 = 0

    /// Opens a socket with a port that the kernel chooses.
    ///
    /// - Parameter groups: the notifications to subscribe to, as bits (RTMGRP_LINK).
    /// - Throws: `SystemError` of socket(2), bind(2) or getsockname(2); sandboxes forbid any of
    ///   them.
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

    /// Sends `request` and reads the kernel's answer with `parse`.
    ///
    /// A table that keeps changing is returned as last read: every entry is whole, but some may be
    /// missing or duplicated.
    ///
    /// - Throws: `SystemError` with the kernel's errno (ENODEV: no such interface), or with
    ///   ETIMEDOUT, EBADMSG.
    mutating func ask<Element>(
        _ request: NetlinkRequest,
        parse: @escaping (NetlinkMessage) throws(WireError) -> Element?
    ) throws(SystemError) -> [Element] {
        let lastStart = ContinuousClock.now + Self.restartLimit
        var elements: [Element] = []
        for _ in 0...Self.restarts {
            sequence &+= 1
            try send(request.encoded(sequence: sequence))
            var answer = NetlinkAnswer(to: sequence, port: port, parse: parse)
            while !answer.isComplete {
                if let datagram = try receive() { try answer.take(datagram) }
            }
            elements = answer.elements
            if !answer.isInterrupted || ContinuousClock.now >= lastStart { break }
        }
        return elements
    }

    private func send(_ message: [UInt8]) throws(SystemError) {
        // A message without an address goes to the kernel.
        let count = unsafe Glibc.send(descriptor, message, message.count, 0)
        guard count == message.count else { throw SystemError("send") }
    }

    /// Receives the next datagram; `nil` if another process sent it.
    ///
    /// - Throws: `SystemError`, with ETIMEDOUT when the kernel is silent, not when this process was
    ///   stopped or has much to read.
    private func receive() throws(SystemError) -> [UInt8]? {
        let deadline = ContinuousClock.now + Self.silence
        while true {
            var sender = sockaddr_nl()
            var count = -1
            let datagram = unsafe [UInt8](
                unsafeUninitializedCapacity: Self.receiveSize
            ) { buffer, size in
                count = unsafe Self.receive(descriptor, into: buffer, from: &sender)
                size = max(0, min(count, buffer.count))
            }
            // With MSG_TRUNC the count is the whole datagram's, even if the buffer is shorter.
            if count > datagram.count { throw SystemError("recvfrom", code: EMSGSIZE) }
            if count >= 0 { return sender.nl_pid == 0 ? datagram : nil }
            switch errno {
            case EINTR: continue
            case EAGAIN where ContinuousClock.now < deadline: waitForInput(until: deadline)
            case EAGAIN: throw SystemError("recvfrom", code: ETIMEDOUT)
            default: throw SystemError("recvfrom")
            }
        }
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
        // The caller checks again, at the deadline and after a signal too.
        _ = unsafe poll(&polled, 1, Int32(max(0, milliseconds.rounded(.up))))
    }

    /// Binds to a port that the kernel chooses, and returns that port.
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
    /// Waits for a notification in the groups that the socket was opened for.
    ///
    /// - Returns: whether the kernel sent one; `false` when another process did or the deadline has
    ///   passed.
    /// - Throws: `SystemError`, `CancellationError`.
    func hasNews(until deadline: ContinuousClock.Instant?) async throws -> Bool {
        // Checked here because the call below never waits during a flood.
        try Task.checkCancellation()
        if let hasNews = try takeNews() { return hasNews }
        _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN, until: deadline)
        return try takeNews() ?? false
    }

    /// Discards the next message; returns whether the kernel sent it, `nil` if there was none.
    private func takeNews() throws(SystemError) -> Bool? {
        var sender = sockaddr_nl()
        let nothing = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
        if unsafe Self.receive(descriptor, into: nothing, from: &sender) >= 0 {
            return sender.nl_pid == 0
        }
        switch errno {
        case EAGAIN, EINTR: return nil
        // The kernel dropped messages: the tables are read again in any case.
        case ENOBUFS: return true
        default: throw SystemError("recvfrom")
        }
    }
}
