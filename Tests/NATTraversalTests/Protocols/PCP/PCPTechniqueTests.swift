import TestSupport
import Testing

@testable import NATTraversal

@Suite("PCP as a mapping technique") struct PCPTechniqueTests {
    typealias Vectors = PCPVectors

    /// A gateway that grants to a suggestion of "::", and refuses that of 0.0.0.0 with this code.
    private static func transport(refusing code: UInt8) -> ScriptedTransport {
        ScriptedTransport { payload, _ in
            let isDelete = payload[4..<8].allSatisfy { $0 == 0 }
            let suggestsAny = payload[44..<60].allSatisfy { $0 == 0 }
            var answer = bytes("02 81 00 00") + payload[4..<8]
            answer += bytes("000005c9" + Vectors.reserved)
            answer += payload[24..<42] + bytes("9c40" + Vectors.externalBytes)
            if !isDelete, !suggestsAny { answer[3] = code }
            return [.datagram(answer)]
        }
    }

    @Test("asks for the address again without a suggestion where 0.0.0.0 is refused as one")
    func suggestsNothing() async throws {
        let transport = Self.transport(refusing: 11)
        let technique = PCPTechnique(transport.gatewaySocket, asksNATPMP: false)
        #expect(try await technique.externalAddress(transport.limit) == Vectors.external)
        // Refused, granted, deleted.
        #expect(transport.sent.count == 3)
    }

    @Test("asks for the address once where it is refused for another reason")
    func refused() async throws {
        let transport = Self.transport(refusing: 2)
        let technique = PCPTechnique(transport.gatewaySocket, asksNATPMP: false)
        await #expect(throws: PortMapperError.self) {
            try await technique.externalAddress(transport.limit)
        }
        #expect(transport.sent.count == 1)
    }
}
