/// Everything that went over one socket, with its times: what a report holds and a replay plays.
package struct Conversation: Hashable, Sendable {
    /// What the socket speaks.
    package enum Transport: String, Sendable {
        case udp
        case tcp
    }

    /// One thing that happened on the socket.
    package struct Event: Hashable, Sendable {
        /// What happened.
        package enum Kind: Hashable, Sendable {
            /// A TCP connection opened.
            case connected
            /// A datagram, or bytes of a connection, went out.
            case sent([UInt8], to: SocketAddress?)
            /// A datagram, or bytes of a connection, came in.
            case received([UInt8], from: SocketAddress?)
            /// A system call failed with this code: ECONNREFUSED for ICMP's "port unreachable".
            case failed(Int32)
            /// The peer closed the connection in order.
            case closed
        }

        /// The time since the socket was opened.
        package var time: Duration
        package var kind: Kind

        package init(at time: Duration, _ kind: Kind) {
            self.time = time
            self.kind = kind
        }
    }

    package var transport: Transport
    /// The address that the socket is connected to; `nil` for one that asks many, such as a search.
    package var peer: SocketAddress?
    /// The time from the beginning of the recording until the socket was opened.
    package var start: Duration
    /// In the order they happened.
    package var events: [Event] = []
    /// How many bytes came in that are not kept, because of a limit.
    package var omittedBytes = 0

    package init(_ transport: Transport, start: Duration) {
        self.transport = transport
        self.start = start
    }

    /// The bytes that went out, in one piece.
    package var sentBytes: [UInt8] {
        events.flatMap { event -> [UInt8] in
            if case .sent(let bytes, _) = event.kind { bytes } else { [] }
        }
    }

    /// The bytes that came in, in one piece.
    package var receivedBytes: [UInt8] {
        events.flatMap { event -> [UInt8] in
            if case .received(let bytes, _) = event.kind { bytes } else { [] }
        }
    }
}
