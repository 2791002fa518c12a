import Glibc

@testable import NATTraversal

/// A listening port whose queue is full, so that the kernel drops every SYN to it, as a lossy line
/// would.
final class DeafListener: Sendable {
    let port: UInt16
    private let descriptor: Int32
    /// What fills the queue.
    private let fillers: [TCPSocket]

    init() throws {
        let local = SocketAddress(.v4(.loopback), port: 0)
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        descriptor = listening
        let bound = unsafe local.withSockaddr { unsafe bind(listening, $0, $1) }
        guard bound == 0, listen(listening, 0) == 0 else { throw SystemError("listen") }
        let address = try SocketAddress.local(of: listening)
        port = address.port
        // A queue of length 0 takes one connection; the other ones wait in SYN-SENT.
        let filler = try TCPSocket(.ipv4)
        try filler.beginConnecting(to: address)
        fillers = [filler]
    }

    deinit { close(descriptor) }

    /// How many connections to the port are waiting to be opened.
    func waitingConnections() throws -> Int {
        let port = String(port, radix: 16, uppercase: true)
        let digits = String(repeating: "0", count: 4 - port.count) + port
        // The local address, the remote one, and 02, SYN-SENT.
        return try TextFile.lines(of: "/proc/net/tcp").count { line in
            let words = line.split(separator: " ")
            return words.count > 3 && words[2].hasSuffix(":" + digits) && words[3] == "02"
        }
    }

    /// Lets go of one place in the queue, and of the connection in it.
    func hear() {
        let accepted = accept(descriptor, nil, nil)
        if accepted >= 0 { close(accepted) }
    }
}

/// A file of the kernel as lines.
enum TextFile {
    static func lines(of path: String) throws -> [Substring] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            var count = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, size in
                count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                size = max(0, count)
            }
            if count <= 0 { break }
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
