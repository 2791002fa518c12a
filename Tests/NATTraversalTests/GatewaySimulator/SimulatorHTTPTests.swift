import Glibc
import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, HTTP") struct SimulatorHTTPTests {
    private func configuration(
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.techniques = [.upnp]
        change(&configuration)
        return configuration
    }

    private func request(_ line: String, _ body: String = "") -> [UInt8] {
        Array(
            "\(line)\r\nSOAPACTION: \"\"\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    /// What a gateway answers on a connection of its own, up to the end.
    private func exchange(_ request: [UInt8], with gateway: SimulatedGateway) async throws -> String
    {
        let connection = try await StreamSocket.connect(to: try gateway.webAddress)
        try await connection.send(request)
        return String(decoding: try await connection.receiveAll(), as: UTF8.self)
    }

    @Test("serves the description, the services' descriptions, and control")
    func serves() async throws {
        try await SimulatedGateway.run(configuration()) { gateway in
            for (path, text) in [
                ("/rootDesc.xml", "<serviceType>\(SimulatedUPnPTests.service)</serviceType>"),
                ("/WANIPCn.xml", "<action><name>AddAnyPortMapping</name>"),
                ("/L3F.xml", "<action><name>GetDefaultConnectionService</name>"),
                ("/WANCfg.xml", "<action><name>GetCommonLinkProperties</name>"),
            ] {
                let answer = try await exchange(request("GET \(path) HTTP/1.1"), with: gateway)
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.contains(text))
            }
            let missing = try await exchange(request("GET /nothing HTTP/1.0"), with: gateway)
            #expect(missing.hasPrefix("HTTP/1.0 404 Not Found\r\n"))
            let call = SimulatedUPnPTests.call("GetExternalIPAddress")
            let answer = try await exchange(
                request("POST /ctl/IPConn HTTP/1.1", call), with: gateway)
            #expect(answer.contains("<NewExternalIPAddress>\(gateway.externalAddress)<"))
            #expect(gateway.log.count(.description) == 5)
            #expect(gateway.log.count(.upnpRead) == 1)
        }
    }

    @Test("opens the port that AddPortMapping names and closes it with DeletePortMapping")
    func forwards() async throws {
        try await SimulatedGateway.run(configuration()) { gateway in
            let program = try StreamSocket(
                listeningOn: SocketAddress(.v4(.loopback), port: 0))
            let port = try program.localAddress().port
            let arguments = SimulatedUPnPTests.mapping(
                45000, to: "127.0.0.1", internalPort: Int(port))
            let add = SimulatedUPnPTests.call("AddPortMapping", arguments)
            _ = try await exchange(request("POST /ctl/IPConn HTTP/1.1", add), with: gateway)
            let external = SocketAddress(.v4(gateway.externalAddress), port: 45000)
            let outside = try await StreamSocket.connect(to: external)
            let inside = try await program.accept().connection
            try await inside.send([42])
            #expect(try await outside.receive() == [42])
            let delete = SimulatedUPnPTests.call("DeletePortMapping", SimulatedUPnPTests.key(45000))
            _ = try await exchange(request("POST /ctl/IPConn HTTP/1.1", delete), with: gateway)
            await #expect(throws: SystemError("connect", code: ECONNREFUSED)) {
                try await StreamSocket.connect(to: external)
            }
        }
    }

    @Test("moves to another port and is gone from the old one (S-18)")
    func moves() async throws {
        try await SimulatedGateway.run(configuration()) { gateway in
            let old = try gateway.webAddress
            _ = try await exchange(request("GET /rootDesc.xml HTTP/1.1"), with: gateway)
            try gateway.moveUPnP()
            #expect(try gateway.webAddress != old)
            await #expect(throws: SystemError("connect", code: ECONNREFUSED)) {
                try await StreamSocket.connect(to: old)
            }
            let answer = try await exchange(request("GET /rootDesc.xml HTTP/1.1"), with: gateway)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("resets, stalls, drips and goes on for ever when it is told (H-6, H-10, H-13)")
    func misbehaves() async throws {
        let get = request("GET /L3F.xml HTTP/1.1")
        let call = SimulatedUPnPTests.call("AddAnyPortMapping")
        try await SimulatedGateway.run(
            configuration { $0.faults.upnp.resetActions = ["AddAnyPortMapping"] }
        ) { gateway in
            await #expect(throws: SystemError("recv", code: ECONNRESET)) {
                _ = try await exchange(request("POST /ctl/IPConn HTTP/1.1", call), with: gateway)
            }
            gateway.faults.upnp.framing = .silent
            let silent = try await StreamSocket.connect(to: try gateway.webAddress)
            try await silent.send(get)
            silent.finishSending()
            #expect(try await silent.receiveAll() == [])
            gateway.faults.upnp.framing = .endless
            let endless = try await StreamSocket.connect(to: try gateway.webAddress)
            try await endless.send(get)
            var count = 0
            while count < 1 << 20 { count += try await endless.receive().count }
            gateway.faults.upnp.framing = .stalled
            gateway.faults.upnp.byteInterval = .microseconds(100)
            let stalled = try await StreamSocket.connect(to: try gateway.webAddress)
            try await stalled.send(get)
            var pieces: [[UInt8]] = []
            while !pieces.joined().reversed().starts(with: "</scpd>\n".utf8.reversed()) {
                pieces.append(try await stalled.receive())
            }
            #expect(pieces.count > 2)
        }
    }

    @Test("ends connections and keeps silent about the description when it is told")
    func endsAndHangs() async throws {
        try await SimulatedGateway.run(
            configuration {
                $0.faults.upnp.spoiltAnswers = ["AddPortMapping": .closed]
                $0.faults.upnp.descriptionFault = .init(.hung, count: 1)
            }
        ) { gateway in
            let arguments = SimulatedUPnPTests.mapping(45000, to: "127.0.0.1")
            let add = SimulatedUPnPTests.call("AddPortMapping", arguments)
            #expect(
                try await exchange(request("POST /ctl/IPConn HTTP/1.1", add), with: gateway) == "")
            #expect(gateway.mappings.count == 1)
            let get = request("GET /rootDesc.xml HTTP/1.1")
            let hung = try await StreamSocket.connect(to: try gateway.webAddress)
            try await hung.send(get)
            // Only then is it known that the first request has met the fault.
            while gateway.log.count(.description) == 0 { await Task.yield() }
            #expect(try await exchange(get, with: gateway).hasPrefix("HTTP/1.1 200 OK\r\n"))
            hung.finishSending()
            #expect(try await hung.receiveAll() == [])
        }
    }

    @Test("answers searches and refuses connections when its port is closed, moved or not")
    func closesPort() async throws {
        try await SimulatedGateway.run(configuration { $0.upnp.hasClosedPort = true }) { gateway in
            let client = try UDPSocket(.ipv4)
            try client.connect(to: try #require(gateway.searchAddress))
            for _ in 0..<2 {
                let location = try #require(gateway.location)
                let search =
                    "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: upnp:rootdevice\r\n\r\n"
                try client.send(Array(search.utf8))
                let answer = try #require(try await client.receive(until: .now + .seconds(10)))
                #expect(
                    String(decoding: answer.payload, as: UTF8.self)
                        .contains("LOCATION: \(location)\r\n"))
                await #expect(throws: SystemError("connect", code: ECONNREFUSED)) {
                    try await StreamSocket.connect(to: try gateway.webAddress)
                }
                try gateway.moveUPnP()
            }
        }
    }

    @Test("answers a search, with its own LOCATION or another, from its port or another (S-3, S-6)")
    func answersSearch() async throws {
        try await SimulatedGateway.run(configuration()) { gateway in
            let address = try #require(gateway.searchAddress)
            let location = try #require(gateway.location)
            let client = try UDPSocket(.ipv4)
            let search = Array(
                "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: upnp:rootdevice\r\n\r\n".utf8)
            try client.send(search, to: address)
            let answer = try #require(try await client.receive(until: .now + .seconds(10)))
            #expect(answer.source == address)
            #expect(
                String(decoding: answer.payload, as: UTF8.self).contains(
                    "LOCATION: \(location)\r\n"))
            gateway.faults.upnp.answersFromAnotherPort = true
            gateway.faults.upnp.location = "http://192.0.2.1/"
            try client.send(search, to: address)
            let odd = try #require(try await client.receive(until: .now + .seconds(10)))
            #expect(odd.source != address)
            #expect(
                String(decoding: odd.payload, as: UTF8.self)
                    .contains("LOCATION: http://192.0.2.1/\r\n"))
        }
    }
}
