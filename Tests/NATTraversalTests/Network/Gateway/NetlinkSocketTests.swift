import Foundation
import Glibc
import Testing

@testable import NATTraversal

/// Whether this host lets a netlink socket be opened; a sandbox may forbid it.
private let hasNetlink: Bool = {
    do {
        _ = try NetlinkSocket()
        return true
    } catch {
        return false
    }
}()

/// What the real kernel never does is done by a test at the other end of a pair of sockets, one of
/// which takes the place of the netlink socket.
@Suite("A netlink socket", .enabled(if: hasNetlink)) struct NetlinkSocketTests {
    /// Asks a kernel that the test plays for the interfaces; `play` gets the kernel's end, and the port
    /// of the socket that asks.
    private func ask(
        _ play: (_ kernel: Int32, _ port: UInt32) -> Void
    ) throws -> [InterfaceLink] {
        var socket = try NetlinkSocket()
        // struct sockaddr_nl: two bytes of family, two of padding, the port, the groups.
        var address = sockaddr()
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        try #require(unsafe getsockname(socket.descriptor, &address, &length) == 0)
        let port = unsafe withUnsafeBytes(of: address) {
            unsafe $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        }
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        try #require(unsafe socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0)
        defer { close(ends[1]) }
        try #require(dup2(ends[0], socket.descriptor) == socket.descriptor)
        close(ends[0])
        play(ends[1], port)
        return try socket.ask(.links, parse: InterfaceLink.init(parsing:))
    }

    /// The end of a dump, as the answer to the first request.
    private func done(_ port: UInt32) -> [UInt8] {
        var message: [UInt8] = []
        message.append(hostOrder: UInt32(20))
        message.append(hostOrder: UInt16(3))
        message.append(hostOrder: UInt16(2))
        message.append(hostOrder: UInt32(1))
        message.append(hostOrder: port)
        message.append(hostOrder: UInt32(0))
        return message
    }

    private func say(_ bytes: [UInt8], at kernel: Int32) {
        #expect(unsafe send(kernel, bytes, bytes.count, 0) == bytes.count)
    }

    @Test("waits for an answer that comes late")
    func late() throws {
        let links = try ask { kernel, port in
            let answer = done(port)
            let ownEnd = dup(kernel)
            Thread.detachNewThread {
                usleep(50_000)
                _ = unsafe send(ownEnd, answer, answer.count, 0)
                close(ownEnd)
            }
        }
        #expect(links.isEmpty)
    }

    @Test("gives a kernel up that does not answer within a second")
    func silent() {
        let start = ContinuousClock.now
        #expect(throws: SystemError("recvfrom", code: ETIMEDOUT)) { try ask { _, _ in } }
        #expect(ContinuousClock.now - start >= .seconds(1))
    }

    @Test("goes on reading after answers to others, and until then no longer than a second")
    func others() throws {
        let links = try ask { kernel, port in
            say(done(port &+ 1), at: kernel)
            say(done(port), at: kernel)
        }
        #expect(links.isEmpty)
        #expect(throws: SystemError("recvfrom", code: ETIMEDOUT)) {
            try ask { kernel, port in say(done(port &+ 1), at: kernel) }
        }
    }

    @Test("takes neither a datagram that is longer than any nor one that is none")
    func malformed() {
        #expect(throws: SystemError("recvfrom", code: EMSGSIZE)) {
            try ask { kernel, _ in say(Array(repeating: 0, count: 40_000), at: kernel) }
        }
        #expect(throws: SystemError("netlink", code: EBADMSG)) {
            try ask { kernel, _ in say([1, 2, 3], at: kernel) }
        }
    }

    @Test("that is broken fails with the call that did")
    func broken() {
        #expect(throws: SystemError("send", code: EPIPE)) {
            try ask { kernel, _ in shutdown(kernel, Int32(SHUT_RDWR)) }
        }
    }
}
