import Foundation
import Testing

@testable import NATTraversal

@Suite("The kernel's tables on this host") struct KernelTablesTests {
    /// Whether netlink works here; a sandbox may forbid it.
    private static let hasNetlink = (try? NetworkInterface.all()) != nil

    private static func lines(of path: String) throws -> [[String]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
    }

    @Test(
        "hold the IPv6 addresses that /proc shows",
        .enabled(if: hasNetlink && FileManager.default.fileExists(atPath: "/proc/net/if_inet6")))
    func listsAddresses() throws {
        let interfaces = try NetworkInterface.all()
        let shown = interfaces.filter { $0.family == .ipv6 }.map {
            [$0.name, $0.address.description, "\($0.index)", "\($0.prefixLength)"]
        }
        let expected = try Self.lines(of: "/proc/net/if_inet6").map { fields in
            try #require(fields.count == 6)
            let address = IPv6Address(rawValue: try #require(UInt128(fields[0], radix: 16)))
            let index = try #require(UInt32(fields[1], radix: 16))
            let prefixLength = try #require(Int(fields[2], radix: 16))
            return [fields[5], address.description, "\(index)", "\(prefixLength)"]
        }
        #expect(Set(shown) == Set(expected))
        for family in AddressFamily.allCases {
            #expect(interfaces.count { $0.family == family && $0.isBest } <= 1)
        }
    }

    @Test("tell the same routes as /proc", .enabled(if: hasNetlink))
    func agreesWithProc() throws {
        var tables = try KernelTables()
        for family in AddressFamily.allCases {
            let routes = try tables.defaultRoutes(family)
            // /proc knows neither other tables nor more than one hop.
            let comparable = routes.filter { $0.table == DefaultRoute.mainTable }
            guard comparable.allSatisfy({ $0.hops.count == 1 }) else { continue }
            #expect(try KernelTables.procRoutes(family) == comparable)
        }
    }

    @Test("still tell routes and names where a sandbox forbids netlink, but no addresses (X-9)")
    func readsProcInstead() throws {
        let refusal = SystemError("socket", code: EACCES)
        var tables = KernelTables(withoutNetlink: refusal)
        for family in AddressFamily.allCases {
            let routes = try KernelTables.procRoutes(family)
            #expect(try tables.defaultRoutes(family) == routes)
            let gateways = routes.filter { $0.hops.first?.gateway != nil }
            let candidates = try Gateway.candidates(
                family: family, interface: nil, from: &tables)
            #expect(candidates.isEmpty == gateways.isEmpty)
        }
        let loopback = try tables.link(named: "lo")
        #expect(try tables.link(index: loopback.index)?.name == "lo")
        #expect(try tables.peer(.ipv4, interfaceIndex: loopback.index) == nil)
        do throws(SystemError) {
            _ = try tables.interfaces()
            Issue.record("addresses without netlink")
        } catch {
            #expect(error == refusal)
        }
    }

    @Test("find an interface by name and by index, and tell when there is none")
    func findsLinks() throws {
        var tables = try KernelTables()
        let loopback = try tables.link(named: "lo")
        let index = try Self.lines(of: "/sys/class/net/lo/ifindex").first?.first
        #expect("\(loopback.index)" == index)
        #expect(try tables.link(index: loopback.index)?.name == "lo")
        #expect(try tables.link(index: 0x7FFF_FFFF) == nil)
    }

    @Test(
        "know no interface of another name, and say so with ENODEV",
        arguments: ["", "none", "a name beyond fifteen bytes", "lo\0", "lo ", "../lo"])
    func refusesNames(name: String) {
        do {
            _ = try Gateway.candidates(interface: name)
            Issue.record("an interface of that name was found")
        } catch {
            #expect(error.code == ENODEV)
        }
    }

    @Test("tell the source towards this host's own address")
    func findsSource() throws {
        let loopback = SocketAddress(.v4(.loopback), port: 5351)
        #expect(try loopback.source() == .v4(.loopback))
        #expect(try loopback.source(by: "lo") == .v4(.loopback))
    }
}
