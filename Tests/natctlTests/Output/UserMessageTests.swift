import Glibc
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

@Suite("What users are told") struct UserMessageTests {
    static let gateway = GatewayAddress.router
    static let cause = SystemError("receive", code: 111)

    static func refused(_ technique: Technique, _ code: Int) -> PortMapperError {
        .refused(GatewayRefusal(gateway: gateway, technique: technique, code: code, name: "NAME"))
    }

    static func unreachable(_ technique: Technique, _ code: Int, at address: UInt32)
        -> PortMapperError
    {
        var refusal = GatewayRefusal(
            gateway: gateway, technique: technique, code: code, name: "NAME")
        refusal.externalAddress = .v4(IPv4Address(rawValue: address))
        return .refused(refusal)
    }

    @Test("a refusal behind an address that nobody can reach says the address and a way out")
    func saysUnreachableAddress() {
        let shared = Self.unreachable(.pcp, 8, at: 0x6440_0901).userMessage
        #expect(shared.contains("100.64.9.1") && shared.contains("provider"))
        let nested = Self.unreachable(.pcp, 8, at: 0x0A09_0901).userMessage
        #expect(nested.contains("10.9.9.1") && nested.contains("router in front"))
        #expect(!shared.contains("table is full"))
    }

    static let errors: [(PortMapperError, EndCode)] = [
        (.noGateway, .unavailable), (.noSuchInterface("nowhere0"), .unavailable),
        (.onlyGatewaysOf(.ipv6), .unavailable), (.onlyGatewaysOf(.ipv4), .unavailable),
        (
            .noRouteBy(interface: "tun0", gateway: .v4(.loopback), itsInterface: "eth0"),
            .unavailable
        ),
        (.behindBridge(.noAnswer(gateway: gateway, after: .seconds(3))), .timeout),
        (.behindBridge(.closed(gateway: gateway, cause: cause)), .unavailable),
        (unreachable(.pcp, 8, at: 0x6440_0901), .unavailable),
        (unreachable(.pcp, 7, at: 0x0A09_0901), .unavailable),
        (.noSuchService("WANIPConnection"), .unavailable),
        (.closed(gateway: gateway, cause: cause), .unavailable),
        (.unsupported(gateway: gateway, technique: .pcp), .unavailable),
        (.noAnswer(gateway: gateway, after: .seconds(3)), .timeout),
        (.badAnswer(gateway: gateway, technique: .natPMP, problem: "a problem"), .badAnswer),
        (.noExternalAddress(gateway: gateway, technique: .pcp), .unavailable),
        (
            .notPublic(.v4(.loopback), gateway: gateway, technique: .natPMP), .unavailable
        ),
        (.inexpressible("NAT-PMP cannot say it"), .refused), (.system(cause), .io),
        (.leaseFile(path: "/leases.json", problem: "it is damaged"), .io),
        (refused(.pcp, 2), .refused), (refused(.pcp, 7), .unavailable),
        (refused(.natPMP, 3), .unavailable), (refused(.pcp, 8), .cannotMap),
        (refused(.pcp, 10), .cannotMap), (refused(.pcp, 11), .cannotMap),
        (refused(.natPMP, 4), .cannotMap), (refused(.pcp, 4), .unavailable),
        (refused(.pcp, 12), .refused), (refused(.pcp, 99), .refused),
        (refused(.natPMP, 99), .refused), (refused(.upnp, 606), .refused),
        (refused(.upnp, 402), .refused), (refused(.upnp, 718), .cannotMap),
        (refused(.upnp, 728), .cannotMap), (refused(.upnp, 726), .refused),
        (refused(.upnp, 729), .cannotMap), (refused(.upnp, 603), .cannotMap),
        (refused(.upnp, 602), .unavailable),
        (.unsupported(gateway: gateway, technique: .upnp), .unavailable),
    ]

    @Test("every error is one line, and ends with the code of its kind", arguments: errors)
    func tells(error: PortMapperError, code: EndCode) {
        #expect(error.endCode == code)
        #expect(!error.userMessage.isEmpty)
        #expect(!error.userMessage.contains("\n"))
        #expect(!error.userMessage.contains("Optional("))
        #expect(!error.userMessage.hasSuffix("."))
    }

    /// The library's sentence stands first; only times and names are written another way.
    @Test("every error begins with its description", arguments: errors.map(\.0))
    func beginsWithDescription(error: PortMapperError) {
        let description = error.description.replacing("3.0 seconds", with: "3s")
        let message = error.userMessage
        #expect(
            message.replacing("\"", with: "").hasPrefix(description.replacing("\"", with: "")),
            "\(message)")
    }

    @Test(
        "a refusal that can mean several things names them (A-4, A-7, N-11, N-17)",
        arguments: [
            (refused(.upnp, 402), ["permanent", "table"]),
            (refused(.upnp, 606), ["settings", "1024", "host that asks"]),
            (refused(.pcp, 2), ["settings"]), (refused(.natPMP, 2), ["settings"]),
            (refused(.pcp, 12), ["another NAT"]),
        ])
    func explains(error: PortMapperError, words: [String]) {
        for word in words { #expect(error.userMessage.contains(word), "\(error.userMessage)") }
    }

    @Test(
        "every error's document has all its members, null where nothing is known", arguments: errors
    )
    func documents(error: PortMapperError, code: EndCode) throws {
        let members = try #require(error.document.object)
        #expect(
            Set(members.keys) == [
                "code", "message", "technique", "gateway", "gatewayCode", "gatewayCodeName",
            ])
        #expect(members["code"] == .string(code.name))
        #expect(members["message"] == .string(error.userMessage))
    }

    @Test(
        "the codes are those of the manual",
        arguments: [
            (EndCode.usage, 64, "usage"), (.badAnswer, 65, "badAnswer"),
            (.unavailable, 69, "unavailable"), (.internal, 70, "internal"),
            (.cannotMap, 73, "cannotMap"), (.io, 74, "io"), (.timeout, 75, "timeout"),
            (.refused, 77, "refused"),
        ])
    func hasCodes(code: EndCode, number: Int32, name: String) {
        #expect(code.rawValue == number)
        #expect(code.name == name)
    }

    @Test(
        "durations are said in their two largest units",
        arguments: [
            (Duration.seconds(1), "1s"), (.seconds(90), "1m30s"), (.seconds(900), "15m"),
            (.seconds(7200), "2h"), (.seconds(604_800), "7d"), (.seconds(7201), "2h"),
            (.seconds(7199), "1h59m"), (.seconds(90_061), "1d1h"), (.seconds(86_700), "1d"),
            (.milliseconds(1500), "1.5s"), (.milliseconds(3004), "3s"), (.zero, "0s"),
        ])
    func saysDurations(duration: Duration, text: String) {
        #expect(durationText(duration) == text)
    }

    @Test(
        "foreign text is quoted, cut and rid of what a terminal obeys (T-6)",
        arguments: [
            ("router", "\"router\""), ("\u{1B}[31m", "\"\\u{1B}[31m\""), ("a\nb", "\"a\\u{A}b\""),
            ("\u{202E}", "\"\\u{202E}\""), ("\u{9B}", "\"\\u{9B}\""), ("", "\"\""),
            ("a\"  \"b\\", "\"a\\u{22}  \\u{22}b\\u{5C}\""),
            (String(repeating: "x", count: 64), "\"" + String(repeating: "x", count: 64) + "\""),
            (String(repeating: "x", count: 65), "\"" + String(repeating: "x", count: 64) + "…\""),
        ])
    func displays(text: String, shown: String) { #expect(displayed(text) == shown) }

    @Test("a line of the log has no control character, whatever a device has said (T-6)")
    func cleansLines() {
        #expect(
            harmless("fault \"\u{202E}\u{9B}2J\n\u{200B}\"")
                == "fault \"\\u{202E}\\u{9B}2J\\u{A}\\u{200B}\"")
    }

    @Test("a device without a name is called by its maker's (D-11)")
    func namesDevices() {
        #expect(
            displayedNames("", manufacturer: "Maker", modelName: "M1") == ["\"Maker\"", "\"M1\""])
        #expect(displayedNames("Box", manufacturer: "Maker", modelName: nil) == ["\"Box\""])
        #expect(displayedNames(nil, manufacturer: nil, modelName: "") == [])
    }
}
