import Glibc
import Testing

@testable import NATTraversal

@Suite("UDP socket in a group", .timeLimit(.minutes(10))) struct SimulatorMulticastTests {
    /// The next datagram within ten seconds.
    private func next(_ socket: UDPSocket) async throws -> [UInt8]? {
        try await socket.receive(until: .now + .seconds(10))?.payload
    }

    @Test("is of either family", .enabled(if: OwnNetwork.isHere, "loopback lacks the route"))
    func families() { #expect(LoopbackMulticast.families == AddressFamily.allCases) }

    @Test("hears the group and no unicast", arguments: LoopbackMulticast.families)
    func hears(family: AddressFamily) async throws {
        let listener = try LoopbackMulticast.listener(family)
        let speaker = try LoopbackMulticast.speaker(family)
        let group = try listener.localAddress()
        var unicast = try speaker.localAddress()
        unicast.port = group.port
        try? speaker.send([1], to: unicast)
        try speaker.send([2], to: group)
        #expect(try await next(listener) == [2])
    }

    @Test("hears no group that another has joined", arguments: LoopbackMulticast.families)
    func otherGroups(family: AddressFamily) async throws {
        let listener = try LoopbackMulticast.listener(family)
        let group = try listener.localAddress()
        var other = SocketAddress.ssdpGroup(
            family, interfaceIndex: LoopbackMulticast.interfaceIndex)
        other.port = group.port
        let neighbour = try UDPSocket(
            joining: other, interfaceIndex: LoopbackMulticast.interfaceIndex)
        let speaker = try LoopbackMulticast.speaker(family)
        try speaker.send([1], to: other)
        try speaker.send([2], to: group)
        #expect(try await next(listener) == [2])
        #expect(try await next(neighbour) == [1])
    }

    @Test(
        "hears the group on its interface alone",
        .enabled(if: OwnNetwork.isHere, "there is no interface beside loopback to change"))
    func otherInterfaces() async throws {
        try await OwnNetwork.change("link add other type veth peer name far")
        try await OwnNetwork.change("addr add 192.0.2.1/24 dev other")
        try await OwnNetwork.change("addr add 2001:db8:1::1/64 dev other nodad")
        try await OwnNetwork.change("link set other up")
        try await OwnNetwork.change("link set far up")
        let index = unsafe if_nametoindex("other")
        for text in ["192.0.2.1", "2001:db8:1::1"] {
            let address = try #require(IPAddress(text))
            let listener = try LoopbackMulticast.listener(address.family)
            let group = try listener.localAddress()
            var there = group
            if address.family == .ipv6 { there.scopeID = index }
            let neighbour = try UDPSocket(joining: there, interfaceIndex: index)
            let farSpeaker = try LoopbackMulticast.speaker(at: address, by: index)
            // The kernel makes the route when it has noticed that the link is up.
            while (try? farSpeaker.send([1], to: there)) == nil { await Task.yield() }
            try LoopbackMulticast.speaker(address.family).send([2], to: group)
            #expect(try await next(listener) == [2])
            #expect(try await next(neighbour) == [1])
        }
    }

    @Test("shares its port with others that share it", arguments: LoopbackMulticast.families)
    func shares(family: AddressFamily) async throws {
        let first = try LoopbackMulticast.listener(family)
        let group = try first.localAddress()
        let second = try LoopbackMulticast.listener(family, port: group.port)
        try LoopbackMulticast.speaker(family).send([3], to: group)
        #expect(try await next(first) == [3])
        #expect(try await next(second) == [3])
    }

    @Test("shares with either kind of sharing", arguments: [SO_REUSEADDR, SO_REUSEPORT])
    func eitherKind(option: Int32) throws {
        let holder = try UDPSocket(.ipv4)
        var one: Int32 = 1
        unsafe setsockopt(holder.descriptor, SOL_SOCKET, option, &one, 4)
        try holder.bind(to: SocketAddress(.v4(.unspecified), port: 0))
        _ = try LoopbackMulticast.listener(.ipv4, port: holder.localAddress().port)
    }

    @Test("needs an interface that is there", arguments: [0, 0x7FFF_FFFF])
    func noInterface(index: UInt32) throws {
        #expect(throws: SystemError("setsockopt", code: ENODEV)) {
            try UDPSocket(joining: LoopbackMulticast.group(.ipv4), interfaceIndex: index)
        }
    }

    @Test("says that the port is taken by somebody who does not share (T-15)")
    func taken() throws {
        let holder = try UDPSocket(.ipv4)
        try holder.bind(to: SocketAddress(.v4(.unspecified), port: 0))
        let port = try holder.localAddress().port
        #expect(throws: SystemError("bind", code: EADDRINUSE)) {
            try LoopbackMulticast.listener(.ipv4, port: port)
        }
    }
}
