import CSystemCalls
import Glibc

/// A UDP socket that owns its descriptor.
///
/// A connected one receives only from its peer, and reports ICMP errors (RFC 6886, section 3.1).
package final class UDPSocket: DatagramTransport {
    /// The open descriptor, for socket options; it is closed with this object.
    package let descriptor: Int32
    /// The longest datagram that fits; longer ones are flagged as truncated.
    private let receiveSize: Int
    /// Where it is recorded, if it is.
    private let tap = TrafficRecorder.current?.begin(.udp)

    /// An unbound, unconnected socket that never blocks.
    ///
    /// - Parameters:
    ///   - family: the family of its addresses.
    ///   - receiveSize: the longest datagram that fits, in bytes.
    /// - Throws: `SystemError` of socket(2).
    package init(_ family: AddressFamily, receiveSize: Int = 2048) throws(SystemError) {
        let flags = SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(family == .ipv4 ? AF_INET : AF_INET6, Int32(flags), 0)
        self.receiveSize = receiveSize
        guard descriptor >= 0 else { throw SystemError("socket") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Binds to a local address; port 0 lets the system choose.
    package func bind(to local: SocketAddress) throws(SystemError) {
        let result = unsafe local.withSockaddr { unsafe Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw SystemError("bind") }
    }

    /// Connects to the peer; nothing is sent.
    package func connect(to peer: SocketAddress) throws(SystemError) {
        let result = unsafe peer.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else { throw SystemError("connect") }
        tap?.connects(to: peer)
    }

    /// Binds to an interface (SO_BINDTODEVICE).
    package func bind(toInterface name: String) throws(SystemError) {
        try bindToInterface(descriptor, name)
    }

    /// The local address and port.
    package func localAddress() throws(SystemError) -> SocketAddress {
        try .local(of: descriptor)
    }

    package var now: ContinuousClock.Instant { .now }

    package func send(_ payload: [UInt8], to peer: SocketAddress? = nil) throws(SystemError) {
        tap?.add(.sent(payload, to: peer))
        while true {
            let count =
                if let peer {
                    unsafe peer.withSockaddr {
                        unsafe sendto(descriptor, payload, payload.count, 0, $0, $1)
                    }
                } else {
                    unsafe Glibc.send(descriptor, payload, payload.count, 0)
                }
            if count >= 0 { return }
            // A full send buffer counts as a lost datagram, which will be sent again.
            if errno == EAGAIN || errno == ENOBUFS { return }
            guard errno == EINTR else {
                let error = SystemError("send")
                tap?.add(.failed(error.code))
                throw error
            }
        }
    }

    package func receive(
        until deadline: ContinuousClock.Instant
    ) async throws -> Datagram? {
        while true {
            if let datagram = try receiveNow() { return datagram }
            guard now < deadline else {
                try Task.checkCancellation()
                return nil
            }
            let isReady = try await Reactor.shared.wait(
                for: descriptor, events: POLLIN, until: deadline)
            guard isReady else { return nil }
        }
    }

    package func waitForDatagram() async throws {
        _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN)
    }

    /// Receives a datagram that has already arrived; `nil` if there is none.
    private func receiveNow() throws(SystemError) -> Datagram? {
        var storage = sockaddr_storage()
        var count = -1
        let payload = unsafe [UInt8](unsafeUninitializedCapacity: receiveSize) { buffer, size in
            repeat {
                count = unsafe receive(into: buffer, from: &storage)
            } while count < 0 && errno == EINTR
            size = min(max(count, 0), buffer.count)
        }
        guard count >= 0 else {
            if errno == EAGAIN { return nil }
            let error = SystemError("receive")
            tap?.add(.failed(error.code))
            throw error
        }
        guard let source = SocketAddress(storage) else { return nil }
        var datagram = Datagram(source: source, payload: payload)
        datagram.isTruncated = count > receiveSize
        tap?.add(.received(datagram.payload, from: source))
        return datagram
    }

    /// Calls recvfrom(2), which with MSG_TRUNC returns the whole length of a datagram that `buffer`
    /// is too short for.
    private func receive(
        into buffer: UnsafeMutableBufferPointer<UInt8>, from storage: inout sockaddr_storage
    ) -> Int {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe recvfrom(
                    descriptor, buffer.baseAddress, receiveSize,
                    Int32(MSG_DONTWAIT | MSG_TRUNC), $0, &length)
            }
        }
    }
}
