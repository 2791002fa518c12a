import Testing

@testable import NATTraversal

@Suite("SOAP requests") struct SOAPRequestTests {
    private static let type = "urn:schemas-upnp-org:service:WANIPConnection:2"

    @Test("a call without arguments is the recorded one, byte for byte (H-3)")
    func withoutArguments() throws {
        let request = SOAPRequest(serviceType: Self.type, action: "GetExternalIPAddress")
        let body = try request.encoded
        #expect(
            String(decoding: body, as: UTF8.self) == """
                <?xml version="1.0"?>\r
                <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" \
                s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>\
                <u:GetExternalIPAddress xmlns:u="\(Self.type)"></u:GetExternalIPAddress></s:Body>\
                </s:Envelope>\r

                """)
        #expect(body.count == 285)
        #expect(try request.soapAction == "\"\(Self.type)#GetExternalIPAddress\"")
    }

    @Test("AddPortMapping has its eight arguments in order, the empty one too (H-4)")
    func addPortMapping() throws {
        let host = try #require(IPAddress("192.168.77.10"))
        let port = try #require(PortNumber(rawValue: 45000))
        let negotiation = IGDNegotiation(
            IGDMappingRequest(
                transport: .tcp, internalClient: host, internalPort: port, externalPort: port,
                isExact: true, lifetimeSeconds: 3600, description: "natctl"),
            isVersion2: true, permanentLease: 604_800, isForThisHost: true)
        let request = SOAPRequest(
            serviceType: Self.type, action: negotiation.action, arguments: negotiation.arguments)
        let body = try request.encoded
        #expect(body.count == 594)
        let call = """
            <u:AddPortMapping xmlns:u="\(Self.type)"><NewRemoteHost></NewRemoteHost>\
            <NewExternalPort>45000</NewExternalPort><NewProtocol>TCP</NewProtocol>\
            <NewInternalPort>45000</NewInternalPort>\
            <NewInternalClient>192.168.77.10</NewInternalClient><NewEnabled>1</NewEnabled>\
            <NewPortMappingDescription>natctl</NewPortMappingDescription>\
            <NewLeaseDuration>3600</NewLeaseDuration></u:AddPortMapping>
            """
        #expect(String(decoding: body, as: UTF8.self).contains(call))
    }

    @Test(
        "a type that would break out of the header field is refused (T-14)",
        arguments: ["", "urn:x\"", "urn:x\r\nEvil: 1", "urn:x y", "urn:é", "urn:\u{7F}"])
    func hostileTypes(type: String) {
        #expect(throws: SOAPRequestError.serviceType) {
            try SOAPRequest(serviceType: type, action: "Get").soapAction
        }
    }

    @Test("an action that is no name is refused")
    func hostileActions() {
        #expect(throws: SOAPRequestError.content(.name("u:Get\"><evil/>"))) {
            try SOAPRequest(serviceType: Self.type, action: "Get\"><evil/>").encoded
        }
    }
}
