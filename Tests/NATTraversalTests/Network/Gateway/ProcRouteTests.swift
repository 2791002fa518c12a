import Testing

@testable import NATTraversal

@Suite("Routes in /proc (X-9)") struct ProcRouteTests {
    private typealias Hop = DefaultRoute.Hop

    private static let header =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

    private func parse(_ lines: String...) -> [DefaultRoute] {
        let text = Self.header + lines.map { $0 + "       \n" }.joined()
        return DefaultRoute.parse(procIPv4: text) { ["eth0": 2, "tun0": 7][$0] }
    }

    private func parse6(_ lines: String...) -> [DefaultRoute] {
        let text = lines.map { $0 + "\n" }.joined()
        return DefaultRoute.parse(procIPv6: text) { ["eth0": 2, "lo": 1][$0] }
    }

    @Test("IPv4: the default route among others")
    func readsIPv4() {
        let routes = parse(
            "eth0\t00000000\t014DA8C0\t0003\t0\t0\t4294967295\t00000000\t0\t0\t0",
            "eth0\t004DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0")
        #expect(
            routes == [
                DefaultRoute(
                    family: .ipv4, metric: .max,
                    hops: [Hop(gateway: IPAddress("192.168.77.1"), interfaceIndex: 2)])
            ])
    }

    @Test("IPv4: the two halves of a VPN, and a route without a router")
    func readsHalves() {
        let routes = parse(
            "tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0",
            "tun0\t00000080\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0",
            "tun0\t00000000\t00000000\t0001\t0\t0\t5\t00000000\t0\t0\t0")
        #expect(routes.map(\.destination) == [.lowerHalf, .upperHalf, .everything])
        #expect(
            routes.map { $0.hops.first?.gateway?.description } == ["10.8.0.1", "10.8.0.1", nil])
    }

    @Test(
        "IPv4: passes over rejects, routes that are down, unknown interfaces and torn lines",
        arguments: [
            "*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t00000000\t014DA8C0\t0201\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t00000000\t014DA8C0\t0002\t0\t0\t0\t00000000\t0\t0\t0",
            "wlan0\t00000000\t014DA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t00000000\t014DA8C0\t0003\t0\t0\t0\t000000C0\t0\t0\t0",
            "eth0\t00000000\t014DA8C0\t0003\t0\t0\t0\t00000000\t0\t0",
            "eth0\t00000000\t014DA8C012\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t00000000\t014DA8G0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t00000000\t014DA8C0\t0003\t0\t0\t4294967296\t00000000\t0\t0\t0",
            "eth0\t00000000\t014DA8C0\t0003\t0\t0\t-1\t00000000\t0\t0\t0",
            "",
        ])
    func passesOver(line: String) {
        #expect(parse(line).isEmpty)
    }

    @Test("IPv6: the default route, its metric and preference, and not the kernel's reject entry")
    func readsIPv6() {
        let zero = String(repeating: "0", count: 32)
        let router = "fd77" + String(repeating: "0", count: 27) + "1"
        let routes = parse6(
            "\(zero) 00 \(zero) 00 \(router) 00000400 00000002 00000000 00000003     eth0",
            "\(zero) 00 \(zero) 00 \(router) 00000400 00000002 00000000 08450003     eth0",
            "\(zero) 00 \(zero) 00 \(zero) ffffffff 00000001 00000000 00200200       lo",
            "\(router) 80 \(zero) 00 \(zero) 00000000 00000002 00000000 80200001     eth0",
            "\(zero) 01 \(zero) 00 \(zero) 00000000 00000002 00000000 00000001     eth0",
            "8\(zero.dropFirst()) 01 \(zero) 00 \(zero) 0 00000002 00000000 00000001     eth0",
            "\(zero) 00 \(zero) 00 \(router)0 00000400 00000002 00000000 00000003     eth0",
            "\(zero) 00 \(zero)")
        let hop = Hop(gateway: IPAddress("fd77::1"), interfaceIndex: 2)
        let bare = Hop(gateway: nil, interfaceIndex: 2)
        #expect(
            routes == [
                DefaultRoute(family: .ipv6, metric: 1024, hops: [hop]),
                DefaultRoute(family: .ipv6, metric: 1024, preference: .high, hops: [hop]),
                DefaultRoute(family: .ipv6, destination: .lowerHalf, hops: [bare]),
                DefaultRoute(family: .ipv6, destination: .upperHalf, hops: [bare]),
            ])
    }

    @Test("a file without a line holds no route")
    func readsNothing() {
        #expect(parse().isEmpty)
        #expect(parse6().isEmpty)
        #expect(DefaultRoute.parse(procIPv4: "") { _ in 1 }.isEmpty)
    }
}
