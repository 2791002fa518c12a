import Testing

@testable import NATTraversal

@Suite("Device descriptions that no corpus needs") struct DeviceDescriptionTests {
    private static func service(_ type: String, control: String = "/c") -> String {
        "<service><serviceType>\(type)</serviceType><controlURL>\(control)</controlURL></service>"
    }

    private static let ip = "urn:schemas-upnp-org:service:WANIPConnection:1"

    private func types(_ text: String) throws -> [String] {
        let location = try HTTPURL("http://192.168.1.1:5000/d.xml")
        return try DeviceDescription(parsing: Array(text.utf8), from: location)
            .connectionServices.map(\.type)
    }

    @Test(
        "have their connection service wherever it hangs, and whatever namespace they are in (D-4, D-7)",
        arguments: [
            "<root><device>\(service(ip))</device></root>",
            "<root><device><deviceType/><serviceList>\(service(ip))</serviceList></device></root>",
            "<root><device><deviceList><device><deviceType>urn:x:device:Lamp:9</deviceType>"
                + "<x><y>\(service(ip))</y></x></device></deviceList></device></root>",
            "<root xmlns='urn:other'><device xmlns='urn:schemas-upnp-org:device-1-0'>\(service(ip))"
                + "</device></root>",
            "<a:root xmlns:a='urn:x'><a:device xmlns:a='urn:y'>\(service(ip))</a:device></a:root>",
        ])
    func findsService(text: String) throws { #expect(try types(text) == [Self.ip]) }

    @Test("rank version 2 first, and the DSL Forum's dialect last, spelled as it was (D-5, D-6)")
    func ranks() throws {
        let ranked = [
            "urn:schemas-upnp-org:service:WANIPConnection:2", Self.ip,
            "urn:schemas-upnp-org:service:WANPPPConnection:1",
            "urn:schemas-dslforum-org:service:WANIPConnection:1",
            "URN:dslforum-org:Service:WANPPPConnection:1",
        ]
        let services = ranked.reversed().map { Self.service($0) }.joined()
        #expect(
            try types("<root><device>\(services)</device></root>") == ranked)
        #expect(
            try types(
                "<root><device>\(Self.service("urn:evil:service:WANIPConnection:1"))"
                    + "</device></root>") == [])
    }
}
