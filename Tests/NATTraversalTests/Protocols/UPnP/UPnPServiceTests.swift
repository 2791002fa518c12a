import TestSupport
import Testing

@testable import NATTraversal

@Suite("A UPnP service") struct UPnPServiceTests {
    private static let scpd = """
        <scpd xmlns="urn:schemas-upnp-org:service-1-0"><actionList><action><name>Set</name>
        <argumentList><argument><name>Port</name><direction>in</direction>
        <relatedStateVariable>P</relatedStateVariable></argument><argument><name>Protocol</name>
        <direction>in</direction><relatedStateVariable>T</relatedStateVariable></argument>
        <argument><name>Enabled</name><direction>in</direction>
        <relatedStateVariable>B</relatedStateVariable></argument><argument><name>Result</name>
        <direction>out</direction><relatedStateVariable>T</relatedStateVariable></argument>
        </argumentList></action><action><name>Reset</name></action></actionList><serviceStateTable><stateVariable><name>P</name>
        <dataType>ui2</dataType><allowedValueRange><minimum>1</minimum><maximum>65535</maximum>
        </allowedValueRange></stateVariable><stateVariable><name>T</name>
        <dataType>string</dataType><allowedValueList><allowedValue>TCP</allowedValue>
        <allowedValue>UDP</allowedValue></allowedValueList></stateVariable><stateVariable>
        <name>B</name><dataType>boolean</dataType></stateVariable></serviceStateTable></scpd>
        """
    private static let base = "http://192.168.1.1:5000"
    private static let good = [
        UPnPArgument("Enabled", "yes"), UPnPArgument("Port", "80"), UPnPArgument("Protocol", "UDP"),
    ]

    /// A service whose calls are answered by `answer`.
    private func service(
        control: String = "/c", _ answer: @escaping ScriptedHTTP.Responder
    ) throws -> (UPnPService, ScriptedHTTP) {
        let http = ScriptedHTTP { request in
            guard request.call == nil else { return try answer(request) }
            return request.url.target == "/s.xml"
                ? .status(200, Array(Self.scpd.utf8)) : .status(404)
        }
        let description = """
            <root><device><service><serviceType>urn:schemas-upnp-org:service:Test:1</serviceType>
            <SCPDURL>/s.xml</SCPDURL><controlURL>\(control)</controlURL></service></device></root>
            """
        let location = try HTTPURL(Self.base + "/a/d.xml")
        let document = try DeviceDescription(parsing: Array(description.utf8), from: location)
        let first = try #require(document.services.first)
        return (UPnPService(first, deviceName: nil, http: http), http)
    }

    /// An envelope with this in its body.
    private static func envelope(_ body: String) -> [UInt8] {
        Array("<s:Envelope xmlns:s='x'><s:Body>\(body)</s:Body></s:Envelope>".utf8)
    }

    private static let success = envelope("<u:SetResponse><Result>TCP</Result></u:SetResponse>")

    @Test("sends its arguments in the declared order and returns the results by name (H-4)")
    func order() async throws {
        let (service, http) = try service { _ in .status(200, Self.success) }
        #expect(try await service.call("Set", Self.good) == [UPnPArgument("Result", "TCP")])
        #expect(http.requests.map(\.url.target) == ["/s.xml", "/c"])
        let call = try #require(http.requests.last?.call)
        #expect(call.soapAction == "\"urn:schemas-upnp-org:service:Test:1#Set\"")
        let sent = String(decoding: call.body, as: UTF8.self)
        #expect(sent.contains("<Port>80</Port><Protocol>UDP</Protocol><Enabled>1</Enabled>"))
    }

    @Test(
        "sends nothing that its description does not allow",
        arguments: [
            ("Get", [], UPnPUsageError.noSuchAction("Get", actions: ["Set", "Reset"])),
            ("Set", Array(good.dropFirst()), .missingArgument("Enabled")),
            (
                "Set", good + [UPnPArgument("X", "")],
                .unknownArgument("X", arguments: ["Port", "Protocol", "Enabled"])
            ),
            ("Set", good + [UPnPArgument("Port", "81")], .repeatedArgument("Port")),
            (
                "Set", [good[0], UPnPArgument("Port", "0"), good[2]],
                .number(UPnPArgument("Port", "0"), range: 1...65535)
            ),
            (
                "Set", [good[0], UPnPArgument("Port", "x"), good[2]],
                .number(UPnPArgument("Port", "x"), range: 1...65535)
            ),
            (
                "Set", [good[0], good[1], UPnPArgument("Protocol", "udp")],
                .value(UPnPArgument("Protocol", "udp"), allowed: ["TCP", "UDP"])
            ),
            (
                "Set", [UPnPArgument("Enabled", "2"), good[1], good[2]],
                .value(UPnPArgument("Enabled", "2"), allowed: ["0", "1"])
            ),
        ])
    func checks(action: String, arguments: [UPnPArgument], error: UPnPUsageError) async throws {
        let (service, http) = try service { _ in .status(200, Self.success) }
        await #expect(throws: error) { try await service.call(action, arguments) }
        #expect(http.requests.allSatisfy { $0.call == nil })
    }

    @Test("reads its description once")
    func caching() async throws {
        let (service, http) = try service { _ in .status(200, Self.success) }
        _ = try await service.call("Set", Self.good)
        _ = try await service.call("Set", Self.good)
        #expect(http.requests.filter { $0.call == nil }.count == 1)
    }

    @Test("hands a fault on with its code and its name")
    func faults() async throws {
        let fault = Self.envelope(
            "<s:Fault><detail><UPnPError><errorCode> 402 </errorCode><errorDescription>no\u{9B}"
                + "</errorDescription></UPnPError></detail></s:Fault>")
        for status in [200, 500] {
            let (service, _) = try service { _ in .status(status, fault) }
            do {
                _ = try await service.call("Set", Self.good)
                Issue.record("no error")
            } catch PortMapperError.refused(let refusal) {
                #expect(refusal.code == 402)
                #expect(refusal.name == "InvalidArgs")
                #expect(refusal.gateway == .test("192.168.1.1"))
            }
        }
    }

    @Test(
        "never takes another answer for its own, nor follows a redirect (A-19, H-11, T-9)",
        arguments: [
            (200, envelope("<u:GetResponse/>")), (200, Array("<html><body/></html>".utf8)),
            (200, Array("<!DOCTYPE html><html>".utf8)), (302, []), (500, []), (404, []),
            (500, envelope("<u:SetResponse/>")), (200, success.dropLast(9)),
        ])
    func nonsense(status: Int, body: [UInt8]) async throws {
        let (service, http) = try service { _ in .status(status, body) }
        do {
            _ = try await service.call("Set", Self.good)
            Issue.record("no error")
        } catch PortMapperError.badAnswer {}
        #expect(http.requests.filter { $0.call != nil }.count == 1)
    }

    @Test("takes names without the suffix (A-19)")
    func liberality() async throws {
        let (service, _) = try service { _ in
            .status(200, Self.envelope("<Set><Result>TCP</Result></Set>"))
        }
        #expect(try await service.call("Set", Self.good) == [UPnPArgument("Result", "TCP")])
    }

    @Test("takes an empty success of an action without results, and of no other (A-1)")
    func emptySuccess() async throws {
        let (service, _) = try service { _ in .status(200, []) }
        #expect(try await service.call("Reset") == [])
        do {
            _ = try await service.call("Set", Self.good)
            Issue.record("no error")
        } catch PortMapperError.badAnswer {}
    }

    @Test("accepts 256 KiB, and more only of a list of port mappings (D-10)")
    func answerLimit() async throws {
        for (action, size, isAccepted) in [
            ("GetX", 200 << 10, true), ("GetX", 257 << 10, false),
            ("GetListOfPortMappings", 257 << 10, true),
        ] {
            let (service, http) = try service { _ in
                let value = String(repeating: "x", count: size)
                return .status(200, Self.envelope("<\(action)><A>\(value)</A></\(action)>"))
            }
            do {
                let results = try await service.callUnchecked(action, [])
                #expect(isAccepted && results.first?.value.utf8.count == size)
            } catch PortMapperError.badAnswer {
                #expect(!isAccepted, "\(action) \(size)")
            }
            // What is longer is not even received.
            #expect(http.bodyLimits == [action == "GetX" ? 256 << 10 : 1 << 20])
        }
    }

    @Test(
        "asks once more as HTTP/1.0 where that may help (H-5)",
        arguments: [400, 411, 413, 415, 505])
    func olderVersion(status: Int) async throws {
        let (service, http) = try service { request in
            request.version == .http11 ? .status(status) : .status(200, Self.success)
        }
        _ = try await service.call("Set", Self.good)
        #expect(
            http.requests.compactMap { $0.call == nil ? nil : $0.version } == [.http11, .http10])
    }

    @Test("repeats what was closed without a word only when that is harmless (A-22)")
    func repetition() async throws {
        let (service, http) = try service { _ in throw HTTPClientError.message(.nothing) }
        for (action, count) in [
            ("GetX", 3), ("DeletePortMapping", 1), ("AddPortMapping", 1), ("AddAnyPortMapping", 1),
        ] {
            let before = http.requests.count
            _ = try? await service.callUnchecked(action, [])
            #expect(http.requests.count - before == count, "\(action)")
        }
    }

    @Test("calls by the version that was answered last (H-5)")
    func knownVersion() async throws {
        let (service, http) = try service { request in
            guard request.version == .http10 else { throw HTTPClientError.message(.nothing) }
            return .status(200, Self.envelope("<GetX/>"))
        }
        _ = try await service.callUnchecked("GetX", [])
        _ = try? await service.callUnchecked("AddPortMapping", [])
        #expect(http.requests.map(\.version) == [.http11, .http10, .http10])
    }

    @Test("takes an answer that comes with status 500, and no page of HTML with it (A-1)")
    func successWith500() async throws {
        let (service, _) = try service { _ in .status(500, Self.success) }
        #expect(try await service.call("Set", Self.good) == [UPnPArgument("Result", "TCP")])
        for (status, body) in [
            (500, "<GetY/>"), (404, "<SetResponse><Result>TCP</Result></SetResponse>"),
        ] {
            let (service, _) = try self.service { _ in .status(status, Self.envelope(body)) }
            do {
                _ = try await service.call("Set", Self.good)
                Issue.record("\(status) is taken for a success")
            } catch PortMapperError.badAnswer {}
        }
    }

    @Test(
        "takes an answer of any Content-Type, or of none (H-7)",
        arguments: [nil, "text/html", "application/soap+xml; charset=x", "image/png", ""])
    func contentType(type: String?) async throws {
        let (service, _) = try service { _ in
            var reader = HTTPResponseReader(bodyLimit: 4096)
            let field = type.map { "Content-Type: \($0)\r\n" } ?? ""
            let head = "HTTP/1.1 200 OK\r\n\(field)Content-Length: \(Self.success.count)\r\n\r\n"
            try reader.receive(Array(head.utf8) + Self.success)
            return try #require(reader.response)
        }
        #expect(try await service.call("Set", Self.good) == [UPnPArgument("Result", "TCP")])
    }

    @Test("looks under the root when a relative path is not found (D-3)")
    func relativePath() async throws {
        let (service, http) = try service(control: "ctl/x") { request in
            request.url.target == "/ctl/x" ? .status(200, Self.success) : .status(404)
        }
        _ = try await service.call("Set", Self.good)
        #expect(http.requests.dropFirst().map(\.url.target) == ["/a/ctl/x", "/ctl/x"])
    }

    @Test("is not called at all where its URL is refused (T-1)")
    func refusedURL() async throws {
        let (service, http) = try service(control: "http://192.168.1.77/admin") { _ in
            .status(200, Self.success)
        }
        do {
            _ = try await service.callUnchecked("Set", Self.good)
            Issue.record("called")
        } catch PortMapperError.badAnswer {}
        #expect(http.requests.isEmpty)
    }

    @Test("cannot be made to send what is no XML (T-11)")
    func injection() async throws {
        let (service, http) = try service { _ in .status(200, Self.success) }
        await #expect(throws: UPnPUsageError.inexpressible("Get X")) {
            try await service.callUnchecked("Get X", [])
        }
        await #expect(throws: UPnPUsageError.inexpressible("a><b")) {
            try await service.callUnchecked("Set", [UPnPArgument("a><b", "")])
        }
        await #expect(throws: UPnPUsageError.inexpressible("a")) {
            try await service.callUnchecked("Set", [UPnPArgument("a", "\u{1B}")])
        }
        #expect(http.requests.isEmpty)
    }
}
