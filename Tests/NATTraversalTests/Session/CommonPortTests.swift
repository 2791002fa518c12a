import TestSupport
import Testing

@testable import NATTraversal

@Suite("One external port for tcp and udp") struct CommonPortTests {
    @Test(
        "is tried where tcp is, where udp is, then above both, never twice and at most 8 times",
        arguments: [
            (8080, 8081, [], [8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087]),
            (8080, 8081, [8080], [8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088]),
            (9000, 80, [80, 9001], [9000, 9002, 9003, 9004, 9005, 9006, 9007, 9008]),
            (65534, 65533, [65535], [65534, 65533]), (8080, 8080, [], []),
        ] as [(UInt16, UInt16, [UInt16], [UInt16])])
    func tries(tcp: UInt16, udp: UInt16, refused: [UInt16], ports: [UInt16]) throws {
        var search = CommonPort(refused: Set(try refused.map(TestPort.number)))
        var tried: [UInt16] = []
        let (first, second) = (try TestPort.number(tcp), try TestPort.number(udp))
        while let port = search.next(tcp: first, udp: second) { tried.append(port.rawValue) }
        #expect(tried == ports)
    }

    @Test("goes on from where the gateway has put them")
    func goesOn() throws {
        var search = CommonPort(refused: [8080])
        // tcp could not come back to 8080.
        let places: [(PortNumber, PortNumber)] = [
            (8080, 8081), (9000, 8081), (9000, 8081), (9001, 9001),
        ]
        var tried: [PortNumber?] = []
        for (tcp, udp) in places { tried.append(search.next(tcp: tcp, udp: udp)) }
        #expect(tried == [8081, 9000, 9001, nil])
    }
}
