import CSystemCalls
import Glibc

/// A TCP connection that owns its descriptor and never blocks.
final class TCPSocket: Sendable {
    private let descriptor: Int32
    /// Where it is recorded, if it is.
    private let tap = TrafficRecorder.current?.begin(.tcp)

    /// An unconnected socket for addresses of this family.
    init(_ family: AddressFamily) throws(SystemError) {
        let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(family == .ipv4 ? AF_INET : AF_INET6, Int32(flags), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Binds to a local address and to an interface (SO_BINDTODEVICE).
    func bind(to local: SocketAddress?, interface: String?) throws(SystemError) {
        if let interface { try bindToInterface(descriptor, interface) }
        guard let local else { return }
        let result = unsafe local.withSockaddr { unsafe Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw SystemError("bind") }
    }

    /// Begins to connect; `isConnected` says how it went.
    ///
    /// - Throws: `SystemError` of connect(2).
    func beginConnecting(to peer: SocketAddress) throws(SystemError) {
        tap?.connects(to: peer)
        let result = unsafe peer.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            let error = SystemError("connect")
            tap?.add(.failed(error.code))
            throw error
        }
    }

    /// Waits for the connection that was begun.
    ///
    /// - Returns: whether it stood before the deadline; it may be asked again.
    /// - Throws: `SystemError` of connect(2), `CancellationError`.
    func isConnected(until deadline: ContinuousClock.Instant) async throws -> Bool {
        guard try await isReady(POLLOUT, until: deadline) else { return false }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        tap?.add(code == 0 ? .connected : .failed(code))
        guard code == 0 else { throw SystemError("connect", code: code) }
        return true
    }

    /// Whether the connection that was begun stands by now, and the peer has neither sent anything
    /// nor closed it.
    var isUnused: Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
        guard unsafe poll(&state, 1, 0) == 1, state.revents == Int16(POLLOUT) else { return false }
        tap?.add(.connected)
        return true
    }

    /// The local address.
    func localAddress() throws(SystemError) -> SocketAddress { try .local(of: descriptor) }

    /// The peer's address.
    func peerAddress() throws(SystemError) -> SocketAddress { try .peer(of: descriptor) }

    /// Sends all of `bytes`.
    ///
    /// It is no error if the peer has closed its end: its response may already have arrived.
    ///
    /// - Returns: whether all was sent before the deadline.
    /// - Throws: `CancellationError`.
    func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws -> Bool {
        tap?.add(.sent(bytes, to: nil))
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                guard try await isReady(POLLOUT, until: deadline) else { return false }
            } else if errno != EINTR {
                return true
            }
        }
        return true
    }

    /// Receives what has arrived: bytes, none at the end of the stream, `nil` if nothing is there
    /// yet.
    ///
    /// - Throws: `SystemError`, for instance ECONNRESET.
    func receiveNow() throws(SystemError) -> [UInt8]? {
        var count = -1
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, size in
            repeat {
                count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            } while count < 0 && errno == EINTR
            size = max(count, 0)
        }
        if count >= 0 {
            tap?.add(bytes.isEmpty ? .closed : .received(bytes, from: nil))
            return bytes
        }
        if errno == EAGAIN { return nil }
        let error = SystemError("receive")
        tap?.add(.failed(error.code))
        throw error
    }

    /// Waits until `receiveNow` is worth calling.
    ///
    /// - Returns: `false` at the deadline.
    func waitForInput(until deadline: ContinuousClock.Instant) async throws -> Bool {
        try await isReady(POLLIN, until: deadline)
    }

    private func isReady(
        _ events: Int32, until deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        try await Reactor.shared.wait(for: descriptor, events: events, until: deadline)
    }
}

/// Binds a socket to an interface (SO_BINDTODEVICE).
func bindToInterface(_ descriptor: Int32, _ name: String) throws(SystemError) {
    let bytes = Array(name.utf8) + [0]
    let result = unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_BINDTODEVICE, bytes, socklen_t(bytes.count))
    guard result == 0 else { throw SystemError("setsockopt") }
}
