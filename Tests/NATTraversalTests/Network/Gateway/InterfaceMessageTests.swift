import Testing

@testable import NATTraversal

@Suite("Interface messages") struct InterfaceMessageTests {
    @Test("an IPv6 address has a prefix length and its flags")
    func readsIPv6() throws {
        let message = try KernelVectors.message(KernelVectors.ipv6Address)
        let address = try #require(try InterfaceAddress(parsing: message))
        #expect(address.address.description == "fd77::10")
        #expect(address.prefixLength == 64)
        #expect(address.interfaceIndex == 2)
        #expect(address.flags == 0x82)
        #expect(address.peer == nil)
        #expect(!address.isTemporary && !address.isDeprecated && !address.isTentative)
    }

    @Test("an IPv4 address is the local one, and has no peer when both are the same")
    func readsIPv4() throws {
        let message = try KernelVectors.message(KernelVectors.ipv4Address)
        let address = try #require(try InterfaceAddress(parsing: message))
        #expect(address.address.description == "192.168.77.10")
        #expect(address.prefixLength == 24)
        #expect(address.peer == nil)
    }

    @Test("on a point-to-point link the address attribute is the peer's")
    func readsPeer() throws {
        var datagram = KernelVectors.ipv4Address
        // The last octet of IFA_ADDRESS.
        datagram[31] = 99
        let message = try KernelVectors.message(datagram)
        let address = try #require(try InterfaceAddress(parsing: message))
        #expect(address.address.description == "192.168.77.10")
        #expect(address.peer?.description == "192.168.77.99")
    }

    @Test("the long flags overrule the short ones, and a bit means temporary in IPv6 alone")
    func readsFlags() throws {
        for (flags, temporary, deprecated, tentative) in [
            (0x01, true, false, false), (0x20, false, true, false), (0x40, false, false, true),
            (0x08, false, false, true), (0x04, false, false, true), (0x80, false, false, false),
        ] as [(UInt8, Bool, Bool, Bool)] {
            var datagram = KernelVectors.ipv6Address
            datagram[68] = flags
            let message = try KernelVectors.message(datagram)
            let address = try #require(try InterfaceAddress(parsing: message))
            #expect(address.isTemporary == temporary)
            #expect(address.isDeprecated == deprecated)
            #expect(address.isTentative == tentative)
        }
        var secondary = KernelVectors.ipv4Address
        secondary[56] = 0x01
        let message = try KernelVectors.message(secondary)
        #expect(try InterfaceAddress(parsing: message)?.isTemporary == false)
    }

    @Test("an address of another family than the message's is passed over")
    func passesOver() throws {
        var datagram = KernelVectors.ipv4Address
        datagram[16] = 10
        #expect(try InterfaceAddress(parsing: try KernelVectors.message(datagram)) == nil)
        let route = try KernelVectors.message(KernelVectors.ipv4Route)
        #expect(try InterfaceAddress(parsing: route) == nil)
    }

    @Test("an interface has an index, a name up to its zero byte, and flags")
    func readsLink() throws {
        let message = try KernelVectors.message(KernelVectors.link)
        let link = try #require(try InterfaceLink(parsing: message))
        #expect(link == InterfaceLink(index: 2, name: "eth0", flags: 0x11003))
        #expect(link.isUp && !link.isLoopback && !link.isPointToPoint)
    }

    @Test("a neighbour has a link-layer address once it has answered")
    func readsNeighbour() throws {
        let resolved = try KernelVectors.message(KernelVectors.neighbour)
        #expect(
            try [UInt8](linkLayerAddressIn: resolved) == [0xE6, 0x9D, 0xD9, 0xCB, 0x6F, 0x76])
        let unresolved = try KernelVectors.message(KernelVectors.unresolvedNeighbour)
        #expect(try [UInt8](linkLayerAddressIn: unresolved) == nil)
        // NUD_FAILED: what was known has failed.
        var failed = KernelVectors.neighbour
        failed[24] = 0x20
        #expect(try [UInt8](linkLayerAddressIn: try KernelVectors.message(failed)) == nil)
        // As on loopback.
        var zeros = KernelVectors.neighbour
        zeros.replaceSubrange(52..<58, with: repeatElement(0, count: 6))
        #expect(try [UInt8](linkLayerAddressIn: try KernelVectors.message(zeros)) == nil)
        let address = try KernelVectors.message(KernelVectors.ipv6Address)
        #expect(try [UInt8](linkLayerAddressIn: address) == nil)
    }

    @Test("an interface without a name is refused")
    func refusesNamelessLink() throws {
        var datagram = KernelVectors.link
        datagram[34] = 4
        #expect(throws: WireError.self) {
            try InterfaceLink(parsing: try KernelVectors.message(datagram))
        }
        var empty = KernelVectors.link
        empty[36] = 0
        #expect(throws: WireError.self) {
            try InterfaceLink(parsing: try KernelVectors.message(empty))
        }
    }
}
