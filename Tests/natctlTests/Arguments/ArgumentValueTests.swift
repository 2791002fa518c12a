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

    @Test(
        "ports are one or a range that rises",
        arguments: [("80", 80...80), ("80-80", 80...80), ("1-65535", 1...65535)])
    func readsPorts(text: String, ports: ClosedRange<UInt16>) {
        #expect(PortRangeArgument(argument: text)?.ports == ports)
    }

    @Test(
        "and nothing else is a port",
        arguments: [
            "", "-", "0", "0-5", "65536", "70000", "80-", "-80", "90-80", "1-2-3", "+80", " 80",
            "80 ", "0x50", "http", "８０",
        ])
    func refusesPorts(text: String) { #expect(PortRangeArgument(argument: text) == nil) }

    @Test("a port named twice counts once, in the first place")
    func namesOnce() {
        let ranges = ["9002", "9000-9003", "9001"].compactMap(PortRangeArgument.init(argument:))
        #expect(ranges.ports.map(\.rawValue) == [9002, 9000, 9001, 9003])
    }

    @Test("external ports count up in the order given, alike for both transports")
    func countsUp() throws {
        let command = try #require(
            try NATCtl.parseAsRoot(["map", "both", "80", "70", "-e", "65534"]) as? MapCommand)
        let requests = try command.requests()
        #expect(requests.map(\.internalPort.rawValue) == [80, 80, 70, 70])
        #expect(requests.map(\.externalPort?.rawValue) == [65534, 65534, 65535, 65535])
        #expect(requests.map(\.transport) == [.tcp, .udp, .tcp, .udp])
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
        ] as [([String], UnmapRequest)])
    func unmaps(arguments: [String], request: UnmapRequest) throws {
        let command = try #require(
            try NATCtl.parseAsRoot(["unmap"] + arguments) as? UnmapCommand)
        #expect(try command.request() == request)
    }
}
