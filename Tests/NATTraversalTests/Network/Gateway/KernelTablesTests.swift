import CSystem
import Glibc
import Testing

@testable import NATTraversal

@Suite("The kernel's tables on this host") struct KernelTablesTests {
    /// Whether netlink works here; a sandbox may forbid it.
    private static let hasNetlink = (try? NetworkInterface.all()) != nil

    /// The C library's list: `name address` of every address.
    private static func addressesOfLibC() -> Set<String> {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var found: Set<String> = []
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard let address = unsafe entry.pointee.ifa_addr else { continue }
            var storage = sockaddr_storage()
            let size =
                switch unsafe Int32(address.pointee.sa_family) {
                case AF_INET: MemoryLayout<sockaddr_in>.size
                case AF_INET6: MemoryLayout<sockaddr_in6>.size
                default: 0
                }
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
            }
            if let address = SocketAddress(storage)?.address {
                found.insert(unsafe "\(String(cString: entry.pointee.ifa_name)) \(address)")
            }
        }
        return found
    }

    @Test("hold the addresses that the C library finds", .enabled(if: hasNetlink))
    func listsAddresses() throws {
        let interfaces = try NetworkInterface.all()
        #expect(Set(interfaces.map { "\($0.name) \($0.address)" }) == Self.addressesOfLibC())
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

    @Test("find an interface by name and by index, and tell when there is none")
    func findsLinks() throws {
        var tables = try KernelTables()
        let loopback = try tables.link(named: "lo")
        let index = unsafe if_nametoindex("lo")
        #expect(loopback.index == index)
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
