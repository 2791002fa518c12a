import Testing

@testable import NATTraversal

@Suite("HTTP requests") struct HTTPRequestTests {
    @Test("a call has its fields in the one order that every router takes (H-1, H-2, H-3, H-8)")
    func call() throws {
        let request = HTTPRequest(
            url: try HTTPURL("http://192.168.77.1:35751/ctl/IPConn?x=1"),
            call: HTTPRequest.Call(soapAction: "\"urn:x#Get\"", body: Array("<a/>".utf8)))
        #expect(
            String(decoding: request.encoded, as: UTF8.self) == """
                POST /ctl/IPConn?x=1 HTTP/1.1\r
                Host: 192.168.77.1:35751\r
                Content-Type: text/xml; charset="utf-8"\r
                Content-Length: 4\r
                SOAPACTION: "urn:x#Get"\r
                Connection: close\r
                \r
                <a/>
                """)
    }

    @Test("the older version leaves out what it does not know (H-5)")
    func olderVersion() throws {
        let request = HTTPRequest(url: try HTTPURL("http://192.168.77.1/"), version: .http10)
        #expect(
            String(decoding: request.encoded, as: UTF8.self)
                == "GET / HTTP/1.0\r\nHost: 192.168.77.1\r\n\r\n")
    }

    @Test("Host has brackets and never a zone (H-9, S-17)")
    func host() throws {
        var url = try HTTPURL("http://[FE80::1]:5000/d.xml")
        url.scopeID = 7
        let text = String(decoding: HTTPRequest(url: url).encoded, as: UTF8.self)
        #expect(text == "GET /d.xml HTTP/1.1\r\nHost: [fe80::1]:5000\r\nConnection: close\r\n\r\n")
    }
}
