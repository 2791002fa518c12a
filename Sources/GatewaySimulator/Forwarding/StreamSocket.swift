import Glibc
import NATTraversal

/// A TCP socket that owns its descriptor and never blocks a thread.
final class StreamSocket: Sendable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    private convenience init(_ family: AddressFamily) throws(SystemError) {
        let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family == .ipv4 ? AF_INET : AF_INET6, Int32(flags), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        self.init(owning: descriptor)
    }

    /// A socket that keeps `local` for itself; whoever connects to it is refused.
    convenience init(boundTo local: SocketAddress) throws(SystemError) {
        try self.init(local.address.family)
        // Connections of a mapping that has just ended must not keep its port from the next one.
        setAddressReuse(true, of: descriptor)
        let bound = unsafe local.withSockaddr { unsafe bind(descriptor, $0, $1) }
        guard bound == 0 else { throw SystemError("bind") }
    }

    /// A socket on which others can connect to `local`; `queue` of them, and one more, before they
    /// are accepted.
    convenience init(listeningOn local: SocketAddress, queue: Int32 = 64) throws(SystemError) {
        try self.init(boundTo: local)
        guard listen(descriptor, queue) == 0 else { throw SystemError("listen") }
    }

    /// A socket that begins to connect to `peer`.
    convenience init(connectingTo peer: SocketAddress) throws(SystemError) {
        try self.init(peer.address.family)
        let result = unsafe peer.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw SystemError("connect") }
    }

    /// A socket connected to `peer`, as soon as it is.
    static func connect(to peer: SocketAddress) async throws -> StreamSocket {
        let socket = try StreamSocket(connectingTo: peer)
        _ = try await Reactor.shared.wait(for: socket.descriptor, events: POLLOUT)
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw SystemError("connect", code: code) }
        return socket
    }

    /// The address and port it listens on or sends from.
    func localAddress() throws(SystemError) -> SocketAddress { try .local(of: descriptor) }

    /// Takes no more connections; the port is free from now on.
    ///
    /// Closing is not enough while others still have the descriptor: poll(2), or a child process
    /// that is just being started.
    func stopListening() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// The next connection to a listening socket, and who made it.
    func accept() async throws -> (connection: StreamSocket, peer: SocketAddress) {
        while true {
            let accepted = Glibc.accept(descriptor, nil, nil)
            if accepted >= 0 {
                let connection = StreamSocket(owning: accepted)
                _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                // Gone again already: there is nobody to talk to.
                guard let peer = try? SocketAddress.peer(of: accepted) else { continue }
                return (connection, peer)
            }
            try await waitIfBlocked(on: POLLIN, in: "accept")
        }
    }

    /// The next bytes, at most `limit`; none at the end of the stream.
    func receive(atMost limit: Int = 16384) async throws -> [UInt8] {
        while true {
            var count = -1
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, size in
                count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
                size = max(count, 0)
            }
            if count >= 0 { return bytes }
            try await waitIfBlocked(on: POLLIN, in: "recv")
        }
    }

    /// Everything up to the end of the stream.
    func receiveAll() async throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try await receive()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }

    /// Sends all of `bytes`.
    func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else {
                try await waitIfBlocked(on: POLLOUT, in: "send")
            }
        }
    }

    /// Tells the peer that no more bytes will come; it may go on sending.
    func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the close to come a reset, which a peer reads as "refused".
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// After a call that failed: waits when it would have blocked.
    ///
    /// - Throws: `SystemError` for every other reason than an interruption.
    private func waitIfBlocked(on events: Int32, in call: String) async throws {
        switch errno {
        case EAGAIN: _ = try await Reactor.shared.wait(for: descriptor, events: events)
        case EINTR, ECONNABORTED: break
        default: throw SystemError(call)
        }
    }
}

/// Sets whether a socket shares its address with another that also wants to (SO_REUSEADDR).
func setAddressReuse(_ isOn: Bool, of descriptor: Int32) {
    var value: Int32 = isOn ? 1 : 0
    _ = unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &value, socklen_t(MemoryLayout<Int32>.size))
}
