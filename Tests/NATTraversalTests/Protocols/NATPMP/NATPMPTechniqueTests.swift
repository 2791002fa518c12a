import TestSupport
import Testing

@testable import NATTraversal

@Suite("NAT-PMP as a technique") struct NATPMPTechniqueTests {
    private static func response(_ opcode: UInt8, _ result: UInt8, _ rest: String) -> [UInt8] {
        [0, opcode, 0, result] + bytes("00001000" + rest)
    }

    @Test("a delete that is refused for its external port 0 is sent once with the granted port")
    func deletesByGrantedPort() async throws {
        let lease = try Lease.sample { lease in
            lease.technique = .natPMP
            lease.key.transport = .tcp
            lease.key.internalPort = try TestPort.number(0x1F90)
            lease.externalPort = try TestPort.number(0x2328)
        }
        let transport = ScriptedTransport { payload, _ in
            guard payload.count == 12 else { return [] }
            let names = payload[6] != 0 || payload[7] != 0
            return [.datagram(Self.response(0x82, names ? 0 : 3, "1f90 0000 00000000"))]
        }
        let technique = NATPMPTechnique(transport.gatewaySocket, asksPCP: false)
        let outcomes = try await technique.delete([lease], transport.limit)
        #expect(outcomes == [.success(.deleted)])
        #expect(
            transport.sent.map(\.bytes) == [
                bytes("00 02 0000 1f90 0000 00000000"), bytes("00 02 0000 1f90 2328 00000000"),
            ])
    }

    @Test(
        "only result 3 says that there is no external address; other refusals leave it unknown",
        arguments: [(UInt8(3), true), (2, false), (4, false), (66, false)])
    func tellsUnknownAddress(result: UInt8, isKnown: Bool) async throws {
        let transport = ScriptedTransport { payload, _ in
            payload.count == 2
                ? [.datagram(Self.response(0x80, result, "00000000"))]
                : [.datagram(Self.response(0x82, 0, "1f90 1f90 00001c20"), after: .milliseconds(5))]
        }
        let port = try TestPort.number(8080)
        let key = Lease.Key(
            gateway: .router, transport: .tcp, internalAddress: PCPVectors.client,
            internalPort: port)
        let attempt = MappingAttempt(
            MappingRequest(.tcp, internalPort: port), key: key, isThirdParty: false, old: nil,
            MappingAttempt.Terms(only: .natPMP))
        let technique = NATPMPTechnique(transport.gatewaySocket, asksPCP: false)
        let answers = try await technique.map([attempt], transport.limit) { _, _ in }
        let grant = try #require(try answers.first?.result.get())
        #expect(grant.isAddressKnown == isKnown)
        #expect(grant.externalAddress == nil)
    }
}
