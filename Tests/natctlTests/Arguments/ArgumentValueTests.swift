import ArgumentParser
import NATTraversal
import Testing

@testable import natctl

@Suite("Values of arguments") struct ArgumentValueTests {
    @Test(
        "a duration is a whole number of seconds, minutes, hours or days, or several, the longest first",
        arguments: [
            ("1", 1), ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800),
            ("365d", 31_536_000), ("0090", 90), ("31536000s", 31_536_000),
            ("1h30m", 5400), ("1d1h1m1s", 90061), ("0h30m", 1800), ("364d24h", 31_536_000),
        ])
    func reads(text: String, seconds: Int64) {
        #expect(DurationArgument(argument: text)?.duration == .seconds(seconds))
    }

    @Test(
        "and nothing else, from 1 s to 365 d",
        arguments: [
            "", "s", "0", "0s", "-1", "+1", "1.5h", " 1", "1 ", "1S", "1w", "366d", "31536001",
            "8761h", "99999999d", "100000000", "99999999999999999999", "٣", "0x10",
            "1h30", "30m1h", "1h1h", "1h m", "h", "1hm", "365d1s", "0h0m", "1h-1m",
        ])
    func refuses(text: String) { #expect(DurationArgument(argument: text) == nil) }

    @Test("external ports count up in the order given, alike for both transports")
    func countsUp() throws {
        let command = try #require(
            try NATCtl.parseAsRoot(["map", "both", "80", "70", "-e", "65534"]) as? MapCommand)
        let requests = try command.requests()
        #expect(requests.map(\.internalPort.rawValue) == [80, 80, 70, 70])
        #expect(requests.map(\.externalPort?.rawValue) == [65534, 65534, 65535, 65535])
        #expect(requests.map(\.transport) == [.tcp, .udp, .tcp, .udp])
    }

    @Test("an external port in front is the one to suggest, and -e counts by ports")
    func suggests() throws {
        let named = try #require(
            try NATCtl.parseAsRoot(["map", "80:8080/both", "22/tcp"]) as? MapCommand)
        #expect(try named.requests().map(\.externalPort?.rawValue) == [80, 80, nil])
        let counted = try #require(
            try NATCtl.parseAsRoot(["map", "8080/tcp", "22/udp", "8080/udp", "-e", "90"])
                as? MapCommand)
        #expect(try counted.requests().map(\.externalPort?.rawValue) == [90, 91, 90])
    }

    @Test("what is not said has the defaults of the manual")
    func hasDefaults() throws {
        let command = try #require(
            try NATCtl.parseAsRoot(["map", "tcp", "80"]) as? MapCommand)
        let request = try #require(try command.requests().first)
        #expect(request.lifetime == .seconds(7200))
        #expect(request.externalPort == nil)
        #expect(!request.isExact && !request.requiresPublic)
        #expect(request.remoteHost == nil && request.internalAddress == nil)
        #expect(command.gateway.via.technique == nil)
        #expect(command.gateway.timeout == nil)
    }

    @Test(
        "unmap knows what is meant",
        arguments: [
            (["--all"], .all(nil)), (["--all", "tcp"], .all(.tcp)), (["--all", "both"], .all(nil)),
            (["udp", "--external-port", "80"], .externalPort(.init(.udp, 80))),
            (["both", "80"], .internalPorts([.init(.tcp, 80), .init(.udp, 80)])),
            (
                ["51820/udp", "80:8080/tcp", "udp", "9"],
                .internalPorts([.init(.udp, 51820), .init(.tcp, 8080), .init(.udp, 9)])
            ),
        ] as [([String], UnmapRequest)])
    func unmaps(arguments: [String], request: UnmapRequest) throws {
        let command = try #require(
            try NATCtl.parseAsRoot(["unmap"] + arguments) as? UnmapCommand)
        #expect(try command.request() == request)
    }
}
