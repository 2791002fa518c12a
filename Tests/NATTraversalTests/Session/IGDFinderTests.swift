import Testing

@testable import NATTraversal

@Suite("The device that stands for the gateway") struct IGDFinderTests {
    private static let gateway = SocketAddress.test("192.168.77.1")

    /// The warnings about the device that answers from `source` with a description at `location`.
    private func warnings(
        from source: SocketAddress, at location: String
    ) async throws -> [String] {
        let description = """
            <root><device><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1\
            </serviceType><controlURL>/c</controlURL></service></device></root>
            """
        let http = ScriptedHTTP(documents: [
            "http://\(source.address):5000/d.xml": Array(description.utf8)
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [ScriptedUPnPNetwork.answer(from: source, location: location)]
        }
        let finder = IGDFinder(
            GatewayTarget(
                socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port)),
            source: try #require(IPAddress("192.168.77.10")), others: [], network: network)
        _ = try await finder.find(until: .now + .seconds(300))
        return finder.warnings.map(\.code.rawValue)
    }

    @Test("is not warned of when it is the gateway")
    func gateway() async throws {
        #expect(
            try await warnings(from: Self.gateway, at: "http://192.168.77.1:5000/d.xml") == [])
    }

    @Test("is warned of when it is another (S-9, S-10)")
    func another() async throws {
        let codes = try await warnings(
            from: .test("192.168.77.2"), at: "http://192.168.77.2:5000/d.xml")
        #expect(codes == ["notDefaultGateway"])
    }

    @Test("is warned of when it names another host for its description (S-6)")
    func repointed() async throws {
        let codes = try await warnings(from: Self.gateway, at: "http://10.0.0.9:5000/d.xml")
        #expect(codes == ["repointedLocation"])
    }
}
