import Glibc
import Testing

@testable import NATTraversal

@Suite("What went over a socket") struct ConversationTests {
    private static let gateway = SocketAddress(
        .v4(IPv4Address(rawValue: 0xC0A8_0101)), port: 5351)

    private static let router = SocketAddress(.v6(.loopback), port: 1900, scopeID: 3)

    private static var sample: Conversation {
        var conversation = Conversation(.udp, start: .milliseconds(12))
        conversation.peer = gateway
        conversation.omittedBytes = 7
        conversation.events = [
            .init(at: .zero, .sent([2, 0, 0, 0], to: nil)),
            .init(at: .microseconds(1500), .failed(ECONNREFUSED)),
            .init(at: .seconds(2), .received(Array("HTTP/1.1 200 OK\r\n\"é\"".utf8), from: router)),
            .init(at: .seconds(3), .received([0xFF, 0x80], from: gateway)),
            .init(at: .seconds(3), .received([], from: gateway)),
            .init(at: .seconds(4), .connected), .init(at: .seconds(5), .closed),
            .init(at: .seconds(6), .failed(4711)),
        ]
        return conversation
    }

    @Test("is read as it was written")
    func roundTrip() throws {
        let text = JSONValue.array([Self.sample.document]).text
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try Conversation.reading(value.array ?? []) == [Self.sample])
        #expect(text.contains(#""hex":"02000000""#))
        #expect(text.contains(#""error":"ECONNREFUSED""#))
        #expect(text.contains(#""milliseconds":1.5"#))
        #expect(text.contains(#""address":"[::1%3]:1900""#))
    }

    @Test(
        "says what is wrong with one that is damaged",
        arguments: [
            (#""transport":"udp""#, #""transport":"sctp""#, "transport is neither udp nor tcp"),
            (#""peer":"192.168.1.1:5351""#, #""peer":"router""#, "peer is no address with a port"),
            (
                #""startMilliseconds":12"#, #""startMilliseconds":-1"#,
                "startMilliseconds is not from 0 to a day"
            ),
            (#""milliseconds":1.5"#, #""milliseconds":"x""#, "milliseconds is no number"),
            (#""hex":"02000000""#, #""hex":"0200000""#, "an event has neither text nor hex"),
            (#""hex":"02000000""#, #""hex":"0200000g""#, "an event has neither text nor hex"),
            (#""error":"ECONNREFUSED""#, #""error":"EFOO""#, "error is no name or number of one"),
            (
                #""event":"closed""#, #""event":"lunch""#,
                "event is none of connected, sent, received, failed and closed"
            ),
        ])
    func refuses(sound: String, broken: String, problem: String) throws {
        let text = JSONValue.array([Self.sample.document, Self.sample.document]).text
        var damaged = text
        damaged.replaceSubrange(try #require(text.ranges(of: sound).last), with: broken)
        let value = try JSONValue(parsing: Array(damaged.utf8))
        #expect(throws: ConversationError(number: 2, problem: problem)) {
            try Conversation.reading(value.array ?? [])
        }
    }

    @Test("holds no other device's answers, unless that calls itself a gateway")
    func leavesOthersOut() throws {
        let stranger = SocketAddress(.v4(IPv4Address(rawValue: 0xC0A8_0163)), port: 1900)
        let second = SocketAddress(.v4(IPv4Address(rawValue: 0xC0A8_01FE)), port: 40000)
        let host = SocketAddress(Self.gateway.address, port: 1900)
        let media =
            "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:tv::upnp:rootdevice\r\n\r\n"
        let gateway =
            "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:service:WANIPConnection:1\r\n\r\n"
        var search = Conversation(.udp, start: .zero)
        search.events = [
            .init(at: .zero, .sent([1], to: host)),
            .init(at: .zero, .received(Array(media.utf8), from: stranger)),
            .init(at: .zero, .received(Array(gateway.utf8), from: second)),
            .init(at: .zero, .received([1], from: host)),
        ]
        var fetches = [stranger, second, host].map { peer in
            var fetch = Conversation(.tcp, start: .zero)
            fetch.peer = SocketAddress(peer.address, port: 80)
            fetch.events = [.init(at: .zero, .connected)]
            return fetch
        }
        let kept = ([search] + fetches).withGateways([Self.gateway.address])
        search.events.remove(at: 1)
        fetches.remove(at: 0)
        #expect(kept.conversations == [search] + fetches)
        #expect(kept.otherDevices == 1)
    }
}

@Suite("What a recorder keeps") struct TrafficRecorderTests {
    private static let peer = SocketAddress(.v4(.loopback), port: 1)

    @Test("is what the sockets of its task have sent and received")
    func records() async throws {
        let recorder = TrafficRecorder()
        let other = try UDPSocket(.ipv4)
        try other.bind(to: SocketAddress(.v4(.loopback), port: 0))
        let place = try other.localAddress()
        let own = try TrafficRecorder.$current.withValue(recorder) {
            let unused = try UDPSocket(.ipv4)
            try unused.connect(to: place)
            let socket = try UDPSocket(.ipv4)
            try socket.connect(to: place)
            try socket.send([1, 2])
            return try socket.localAddress()
        }
        let datagram = try await other.receive(until: .now + .seconds(5))
        #expect(datagram?.source == own)
        #expect(recorder.conversations.count == 1)
        let conversation = try #require(recorder.conversations.first)
        #expect(conversation.peer == place)
        #expect(conversation.events.map(\.kind) == [.sent([1, 2], to: nil)])
    }

    @Test("is bounded, and says how much more there was")
    func isBounded() throws {
        var limits = TrafficRecorder.Limits()
        limits.conversations = 2
        limits.bytesOfConversation = 100
        limits.bytes = 150
        let recorder = TrafficRecorder(limits: limits)
        let stream = try #require(recorder.begin(.tcp))
        for _ in 0..<30 { stream.add(.received([UInt8](repeating: 7, count: 10), from: nil)) }
        let datagrams = try #require(recorder.begin(.udp))
        for _ in 0..<4 {
            datagrams.add(.received([UInt8](repeating: 7, count: 20), from: Self.peer))
        }
        #expect(recorder.begin(.udp) == nil)
        let kept = recorder.conversations
        #expect(kept.map(\.receivedBytes.count) == [100, 40])
        #expect(kept.map(\.omittedBytes) == [200, 40])
        // Bytes that come together are one piece, datagrams are not.
        #expect(kept.map(\.events.count) == [1, 2])
    }
}
