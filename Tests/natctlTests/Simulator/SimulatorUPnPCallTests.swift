import NATTraversal
import TestSupport
import Testing

@testable import GatewaySimulator

@Suite("upnp-call of a device with failings", .timeLimit(.minutes(10)))
struct SimulatorUPnPCallTests {
    /// A device with one service, whose faults are laid by a test.
    private struct Device: Sendable {
        /// Where its service is described, as its description says.
        var serviceDescription: String
        /// How long its description takes.
        var delay = Duration.zero
        var answersCalls = true

        /// What it answers a request for this path; `nil` for nothing at all.
        private func answer(_ path: String) async throws -> String? {
            switch path {
            case "/d.xml":
                try await Task.sleep(for: delay)
                return """
                    <root><device><service><serviceType>urn:schemas-upnp-org:service:Test:1\
                    </serviceType><SCPDURL>\(serviceDescription)</SCPDURL>\
                    <controlURL>/c</controlURL></service></device></root>
                    """
            case "/s.xml":
                return """
                    <scpd><actionList><action><name>Get</name></action></actionList></scpd>
                    """
            case "/c" where answersCalls:
                return """
                    <s:Envelope xmlns:s="x"><s:Body><GetResponse><A>1</A></GetResponse></s:Body>\
                    </s:Envelope>
                    """
            default: return nil
            }
        }

        /// Runs `natctl upnp-call Test Get` with these options against the device.
        func call(_ options: String) async throws -> CommandOutcome {
            let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
            let port = try listener.localAddress().port
            return try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    try await withThrowingDiscardingTaskGroup { connections in
                        while true {
                            let (connection, _) = try await listener.accept()
                            connections.addTask { try? await serve(connection) }
                        }
                    }
                }
                return try await Turnstile.processes.pass {
                    try await BuiltTool.natctl(
                        "upnp-call Test Get --location http://127.0.0.1:\(port)/d.xml \(options)")
                }
            }
        }

        private func serve(_ connection: StreamSocket) async throws {
            let request = String(decoding: try await connection.receive(), as: UTF8.self)
            let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            if let body = try await answer(path) {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                try await connection.send(Array((head + body).utf8))
            }
            // Held open until the client goes.
            _ = try await connection.receive()
        }
    }

    // natctl-upnp-call(1); D-8
    @Test(
        "sends the arguments as given where the service is not described, with a warning",
        arguments: ["/silence", "http://127.0.0.1:1/s.xml"])
    func undescribed(serviceDescription: String) async throws {
        let outcome = try await Device(serviceDescription: serviceDescription).call("--timeout 6s")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.lines == ["A=1"])
        #expect(outcome.errors.contains("sent unchecked"))
    }

    @Test("ends when its time is over, whatever has used it up")
    func limit() async throws {
        let device = Device(
            serviceDescription: "/s.xml", delay: .seconds(3), answersCalls: false)
        let outcome = try await device.call("--timeout 5s")
        #expect(outcome.status == 75)
        #expect(outcome.errors.contains("did not answer by UPnP within 5s"))
        #expect(outcome.seconds < 7, "\(outcome.seconds) s")
    }
}
