import Testing

@testable import NATTraversal

@Suite("Where this host is attached") struct NetworkPathTests {
    private static let home = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D0A))
    private static let away = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D0B))

    private static func attachment(
        _ address: IPAddress, _ interface: String?, _ index: UInt32
    ) -> NetworkPath.Attachment {
        NetworkPath.Attachment(
            place: NetworkPlace(interface: interface, address: address), interfaceIndex: index)
    }

    @Test("is no other place while the system does not tell the interface")
    func remembers() {
        let old = Self.attachment(Self.home, "eth0", 2)
        let unread = Self.attachment(Self.home, nil, 0)
        // What is seen, and what it counts as.
        let looks = [
            (unread, old),
            (Self.attachment(Self.home, "eth0", 7), Self.attachment(Self.home, "eth0", 7)),
            (Self.attachment(Self.away, nil, 0), Self.attachment(Self.away, nil, 0)),
        ]
        for (seen, expected) in looks {
            var present = seen
            present.remember(old)
            #expect(present == expected)
        }
        var present = old
        present.remember(unread)
        #expect(present == old)
    }
}
