import Glibc

/// The answer to one request, gathered from datagrams.
struct NetlinkAnswer<Element> {
    /// The elements of the messages, in the order they arrived.
    private(set) var elements: [Element] = []
    /// Whether the answer has ended.
    private(set) var isComplete = false
    /// Whether the table changed during the answer, so that asking again gives a better one.
    private(set) var isInterrupted = false

    private let sequence: UInt32
    private let port: UInt32
    private let parse: (NetlinkMessage) throws(WireError) -> Element?

    /// Creates an empty answer.
    ///
    /// - Parameters:
    ///   - sequence: the request's number; answers to other requests are skipped.
    ///   - port: the port of the socket that asked.
    ///   - parse: reads one message; `nil` skips it.
    init(
        to sequence: UInt32, port: UInt32,
        parse: @escaping (NetlinkMessage) throws(WireError) -> Element?
    ) {
        self.sequence = sequence
        self.port = port
        self.parse = parse
    }

    /// Adds the messages of a datagram from the kernel.
    ///
    /// - Throws: `SystemError` with the kernel's errno, with ENOBUFS when it dropped messages, with
    ///   EBADMSG when the datagram is malformed.
    mutating func take(_ datagram: [UInt8]) throws(SystemError) {
        var code: Int32?
        do throws(WireError) {
            for message in try NetlinkMessage.all(in: datagram)
            where message.sequence == sequence && message.port == port && !isComplete {
                code = try take(message) ?? code
            }
        } catch {
            code = EBADMSG
        }
        if let code { throw SystemError("netlink", code: code) }
    }

    /// Adds one message; returns the errno if it is an error.
    private mutating func take(_ message: NetlinkMessage) throws(WireError) -> Int32? {
        if message.flags & NetlinkMessage.interrupted != 0 { isInterrupted = true }
        switch message.kind {
        case .error, .done:
            var reader = ByteReader(message.body)
            let code = Int32(bitPattern: try reader.readHostOrder("error"))
            isComplete = true
            return code == 0 ? nil : Int32(truncatingIfNeeded: code.magnitude)
        case .overrun:
            return ENOBUFS
        case .newLink, .newAddress, .newRoute, .newNeighbour, nil:
            if let element = try parse(message) { elements.append(element) }
            isComplete = message.flags & NetlinkMessage.multipart == 0
            return nil
        }
    }
}
