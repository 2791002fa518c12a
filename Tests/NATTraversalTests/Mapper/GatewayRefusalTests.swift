import Testing

@testable import NATTraversal

@Suite("Gateway refusals") struct GatewayRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var technique: Technique
        var code: Int
        var reaction: GatewayRefusal.Reaction
        var kind: GatewayRefusal.Kind

        var testDescription: String { "\(technique.rawValue) \(code)" }

        init(
            _ technique: Technique, _ code: Int, _ reaction: GatewayRefusal.Reaction,
            _ kind: GatewayRefusal.Kind
        ) {
            (self.technique, self.code, self.reaction, self.kind) = (
                technique, code, reaction, kind
            )
        }
    }

    // The reactions, and the exit codes, of natctl(1).
    static let cases = [
        Case(.pcp, 1, .nextTechnique, .unsupported), Case(.pcp, 2, .upnp, .denied),
        Case(.pcp, 3, .report, .denied), Case(.pcp, 4, .nextTechnique, .unsupported),
        Case(.pcp, 5, .plainRequest, .denied), Case(.pcp, 6, .plainRequest, .denied),
        Case(.pcp, 7, .report, .noExternalAddress), Case(.pcp, 8, .report, .noRoom),
        Case(.pcp, 9, .nextTechnique, .denied), Case(.pcp, 10, .report, .noRoom),
        Case(.pcp, 11, .anotherPort, .noRoom), Case(.pcp, 12, .report, .denied),
        Case(.pcp, 13, .report, .denied), Case(.pcp, 26, .report, .denied),
        Case(.pcp, 255, .report, .denied), Case(.natPMP, 1, .nextTechnique, .unsupported),
        Case(.natPMP, 2, .upnp, .denied), Case(.natPMP, 3, .report, .noExternalAddress),
        Case(.natPMP, 4, .anotherPort, .noRoom), Case(.natPMP, 5, .nextTechnique, .unsupported),
        Case(.natPMP, 66, .report, .denied), Case(.upnp, 401, .nextTechnique, .unsupported),
        Case(.upnp, 602, .nextTechnique, .unsupported), Case(.upnp, 501, .nextTechnique, .denied),
        Case(.upnp, 403, .nextTechnique, .denied), Case(.upnp, 606, .report, .denied),
        Case(.upnp, 603, .report, .noRoom), Case(.upnp, 718, .report, .noRoom),
        Case(.upnp, 728, .report, .noRoom), Case(.upnp, 729, .report, .noRoom),
    ]

    @Test("what natctl does about each, and of which kind it is", arguments: cases)
    func reacts(example: Case) {
        let refusal = GatewayRefusal(
            gateway: "192.168.77.1", technique: example.technique, code: example.code, name: nil)
        #expect(refusal.reaction == example.reaction)
        #expect(refusal.kind == example.kind)
    }

    @Test(
        "a PCP error lasts from 30 s to 30 minutes, whatever it says",
        arguments: [("00000000", 30), ("0000001e", 30), ("0000003c", 60), ("ffffffff", 1800)])
    func clampsLifetime(hexadecimal: String, seconds: Int) throws {
        let response = try PCPResponse(
            parsing: PCPVectors.mapResponse(
                result: "02", hexadecimal, "11 000000 9c40 9c40" + PCPVectors.anyIPv4Bytes))
        let refusal = GatewayRefusal(gateway: ScriptedTransport.gateway, pcp: response)
        #expect(refusal.lifetime == .seconds(seconds))
        #expect(refusal.name == "NOT_AUTHORIZED")
        #expect(refusal.gateway == "192.168.77.1")
    }
}
