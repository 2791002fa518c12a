import Testing

@testable import NATTraversal

@Suite("Netlink message") struct NetlinkMessageTests {
    @Test("is found behind another in one datagram")
    func walks() throws {
        let messages = try NetlinkMessage.all(in: KernelVectors.ipv4Route + KernelVectors.done)
        #expect(messages.map(\.kind) == [.newRoute, .done])
        #expect(messages.map(\.sequence) == [1, 1])
        #expect(messages.map(\.port) == [KernelVectors.port, KernelVectors.port])
        #expect(messages.map(\.body.count) == [36, 4])
    }

    @Test("is followed by padding, which may be missing at the end")
    func skipsPadding() throws {
        let odd = bytes("11000000 63000000 01000000 00000000 aa")
        #expect(try NetlinkMessage.all(in: odd + [0, 0, 0] + odd).map(\.body) == [[0xAA], [0xAA]])
        #expect(throws: WireError.self) { try NetlinkMessage.all(in: odd + [0, 0] + odd) }
    }

    @Test("is refused in every shorter prefix", arguments: KernelVectors.all.indices)
    func refusesPrefixes(index: Int) throws {
        let datagram = KernelVectors.all[index]
        for length in 1..<datagram.count {
            #expect(throws: WireError.self) {
                try NetlinkMessage.all(in: Array(datagram.prefix(length)))
            }
        }
    }

    @Test(
        "is refused with a length below its header or past the end",
        arguments: [0, 1, 15, 21, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] as [UInt32])
    func refusesLengths(length: UInt32) {
        var datagram = KernelVectors.done
        datagram.replaceSubrange(0..<4, with: [0, 8, 16, 24].map { UInt8(length >> $0 & 0xFF) })
        #expect(throws: WireError.self) { try NetlinkMessage.all(in: datagram) }
    }

    @Test("and what is in it never traps, whatever one of its bytes becomes")
    func survivesEveryWrongByte() {
        for vector in KernelVectors.all {
            for index in vector.indices {
                for value in [0x00, 0x01, 0x03, 0x04, 0x7F, 0x80, 0xFF] as [UInt8] {
                    var datagram = vector
                    datagram[index] = value
                    guard let messages = try? NetlinkMessage.all(in: datagram) else { continue }
                    for message in messages {
                        _ = try? DefaultRoute(parsing: message)
                        _ = try? InterfaceAddress(parsing: message)
                        _ = try? [UInt8](linkLayerAddressIn: message)
                        _ = try? InterfaceLink(parsing: message)
                    }
                }
            }
        }
    }
}

@Suite("Netlink attribute") struct NetlinkAttributeTests {
    @Test("has a type without flags, a value, and padding behind it")
    func walks() throws {
        let attributes = try NetlinkAttribute.all(
            in: ByteReader(bytes("0500 14c0 02 000000 0800 0400 02000000")))
        #expect(attributes.map(\.type) == [20, 4])
        #expect(attributes.map(\.value) == [[2], [2, 0, 0, 0]])
    }

    @Test(
        "is refused with a length below its header or past the end",
        arguments: ["0000 0400", "0300 0400 00", "0900 0400 02000000", "ffff 0400 02000000", "08"])
    func refusesLengths(hexadecimal: String) {
        #expect(throws: WireError.self) {
            try NetlinkAttribute.all(in: ByteReader(bytes(hexadecimal)))
        }
    }

    @Test("is no integer when it is too short, and no address unless it has 4 or 16 octets")
    func refusesValues() throws {
        var reader = ByteReader(bytes("0600 0400 0200 0000"))
        let attribute = try NetlinkAttribute(parsing: &reader)
        #expect(throws: WireError.self) { try attribute.integer("interface") as UInt32 }
        #expect(throws: WireError.self) { try attribute.address("gateway") }
    }
}
