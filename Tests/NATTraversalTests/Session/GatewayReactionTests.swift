import TestSupport
import Testing

@testable import NATTraversal

@Suite("Reactions to refusals") struct GatewayReactionTests {
    typealias Remedy = GatewayReaction.Remedy

    struct Case: Sendable, CustomTestStringConvertible {
        var technique: Technique
        var code: Int
        var remedies: [Remedy]
        var next: GatewayReaction.Next
        var kind: GatewayRefusal.Kind

        var testDescription: String { "\(technique.rawValue) \(code)" }

        init(
            _ technique: Technique, _ code: Int, _ remedies: [Remedy] = [],
            then next: GatewayReaction.Next = .nextTechnique, _ kind: GatewayRefusal.Kind = .denied
        ) {
            (self.technique, self.code, self.remedies) = (technique, code, remedies)
            (self.next, self.kind) = (next, kind)
        }

        init(_ technique: Technique, _ code: Int, _ kind: GatewayRefusal.Kind) {
            self.init(technique, code, [], then: .nextTechnique, kind)
        }
    }

    static let anotherPort = Remedy.anotherPort(attempts: 8)
    static let lease = Remedy.permanentLease
    static let plain = Remedy.plainDescription

    /// The table of natctl-techniques(7), REFUSALS.
    static let cases = [
        Case(.pcp, 1, .unsupported), Case(.pcp, 2, then: .otherPort), Case(.pcp, 3),
        Case(.pcp, 4, .unsupported), Case(.pcp, 5, [.withoutOptions]),
        Case(.pcp, 6, [.withoutOptions]), Case(.pcp, 7, .noExternalAddress),
        Case(.pcp, 8, [.anew], .noRoom), Case(.pcp, 9), Case(.pcp, 10, .noRoom),
        Case(.pcp, 11, [anotherPort, .anotherAddress], .noRoom), Case(.pcp, 12), Case(.pcp, 13),
        Case(.pcp, 26), Case(.pcp, 255), Case(.natPMP, 1, .unsupported),
        Case(.natPMP, 2, then: .otherPort), Case(.natPMP, 3, .noExternalAddress),
        Case(.natPMP, 4, [.anotherPort(attempts: 1)], .noRoom), Case(.natPMP, 5, .unsupported),
        Case(.natPMP, 66), Case(.upnp, 401, [.olderAction], .unsupported),
        Case(.upnp, 602, [.olderAction], .unsupported), Case(.upnp, 402, [lease, plain]),
        Case(.upnp, 501, [lease, plain]), Case(.upnp, 600, [lease]),
        Case(.upnp, 601, [lease, plain]), Case(.upnp, 702, [lease, plain]),
        Case(.upnp, 403, [lease, plain]), Case(.upnp, 605, [plain]), Case(.upnp, 800, [plain]),
        Case(.upnp, 899, [plain]), Case(.upnp, -911, [lease]), Case(.upnp, 725, [lease]),
        Case(.upnp, 724, [.samePort]), Case(.upnp, 705, [.later]), Case(.upnp, 707, [.later]),
        Case(.upnp, 606), Case(.upnp, 603, .noRoom), Case(.upnp, 718, [anotherPort], .noRoom),
        Case(.upnp, 728, .noRoom), Case(.upnp, 729, [anotherPort], .noRoom),
        // What asks for less than the user does is never a remedy (A-8, T-11).
        Case(.upnp, 715), Case(.upnp, 716), Case(.upnp, 726), Case(.upnp, 727), Case(.upnp, 732),
        Case(.upnp, 1), Case(.upnp, 399), Case(.upnp, 2_147_483_647),
    ]

    @Test("what natctl does about each, and of which kind it is", arguments: cases)
    func reacts(example: Case) throws {
        let refusal = try GatewayRefusal.test(example.technique, example.code)
        let reaction = GatewayReaction(to: refusal)
        #expect(reaction.remedies == example.remedies)
        #expect(reaction.next == example.next)
        #expect(refusal.kind == example.kind)
    }

    @Test(
        "out of resources behind an address that nobody can reach is no full table",
        arguments: [
            (8, "100.64.9.1", GatewayRefusal.Kind.noExternalAddress, true),
            (8, "10.9.9.1", .noExternalAddress, true),
            (8, "169.254.7.1", .noExternalAddress, true), (8, "11.22.33.1", .noRoom, false),
            (8, nil, .noRoom, false), (7, "10.9.9.1", .noExternalAddress, true),
            (7, nil, .noExternalAddress, false), (2, "10.9.9.1", .denied, false),
            (10, "10.9.9.1", .noRoom, false), (11, "10.9.9.1", .noRoom, false),
        ] as [(Int, String?, GatewayRefusal.Kind, Bool)])
    func unreachable(
        code: Int, address: String?, kind: GatewayRefusal.Kind, isReason: Bool
    ) throws {
        var refusal = try GatewayRefusal.test(.pcp, code)
        refusal.externalAddress = address.flatMap(IPAddress.init)
        #expect(refusal.kind == kind)
        #expect(refusal.unreachableAddress == (isReason ? refusal.externalAddress : nil))
        // As the answer to a delete it says the same as ever.
        #expect(
            GatewayReaction(to: refusal).meansAbsence
                == GatewayReaction(to: try .test(.pcp, code)).meansAbsence)
        if isReason {
            #expect(GatewayReaction(to: refusal).remedies == [])
            let other = PortMapperError.refused(try .test(.natPMP, 3))
            #expect(PortMapperError.refused(refusal).isMoreTelling(than: other))
            #expect(!other.isMoreTelling(than: .refused(refusal)))
        }
    }

    @Test("a missing password is no missing action, though both are 401")
    func password() {
        let refusal = GatewayRefusal(
            gateway: .router, technique: .upnp, code: 401, name: GatewayRefusal.httpName)
        #expect(refusal.kind == .denied)
        #expect(GatewayReaction(to: refusal).remedies == [])
    }

    @Test(
        "a PCP error lasts from 30 s to 30 minutes, whatever it says",
        arguments: [("00000000", 30), ("0000001e", 30), ("0000003c", 60), ("ffffffff", 1800)])
    func clampsLifetime(hexadecimal: String, seconds: Int) throws {
        let response = try PCPResponse(
            parsing: PCPVectors.mapResponse(
                result: "02", hexadecimal, "11 000000 9c40 9c40" + PCPVectors.anyIPv4Bytes))
        let refusal = GatewayRefusal(gateway: .router, pcp: response)
        #expect(refusal.lifetime == .seconds(seconds))
        #expect(refusal.name == "NOT_AUTHORIZED")
        #expect(refusal.gateway == .test("192.168.77.1"))
    }
}

extension GatewayRefusal {
    /// A refusal with the name that its code has.
    static func test(_ technique: Technique, _ code: Int) throws -> GatewayRefusal {
        let gateway = GatewayAddress.router
        switch technique {
        case .pcp:
            let result = PCPResult(rawValue: try #require(UInt8(exactly: code)))
            return GatewayRefusal(
                gateway: gateway, technique: .pcp, code: code, name: result.name)
        case .natPMP:
            let result = NATPMPResult(rawValue: try #require(UInt16(exactly: code)))
            return GatewayRefusal(
                gateway: gateway, technique: .natPMP, code: code, name: result.name)
        case .upnp:
            return GatewayRefusal(
                gateway: gateway, code: try #require(Int32(exactly: code)),
                service: UPnPType("urn:schemas-upnp-org:service:WANIPConnection:1"))
        }
    }
}
