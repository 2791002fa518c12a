import Testing

@testable import NATTraversal

@Suite("URLs of devices") struct HTTPURLTests {
    @Test(
        "are read with their address, port and target",
        arguments: [
            ("http://192.168.1.1:5000/a?b=c", "192.168.1.1", 5000, "/a?b=c"),
            ("HTTP://192.168.1.1", "192.168.1.1", 80, "/"),
            (" http://192.168.1.1:/x\r\n", "192.168.1.1", 80, "/x"),
            ("http://192.168.1.1?x", "192.168.1.1", 80, "/?x"),
            ("http://192.168.1.1:80/a#b", "192.168.1.1", 80, "/a"),
            ("http://[FE80::1]:8080/", "fe80::1", 8080, "/"),
            ("http://[::ffff:10.0.0.1]/", "10.0.0.1", 80, "/"),
            ("http://10.0.0.1/a%20b/é", "10.0.0.1", 80, "/a%20b/%C3%A9"),
            ("http://10.0.0.1/a b\"<>\\^`{|}", "10.0.0.1", 80, "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D"),
            ("http://10.0.0.1/uuid:1:2/x:1", "10.0.0.1", 80, "/uuid:1:2/x:1"),
            // A combining mark behind a delimiter makes one character of the two.
            ("http://10.0.0.1/a#\u{301}b", "10.0.0.1", 80, "/a"),
            ("http://10.0.0.1/\u{301}a", "10.0.0.1", 80, "/%CC%81a"),
            ("http://10.0.0.1?\u{301}", "10.0.0.1", 80, "/?%CC%81"),
        ])
    func reading(text: String, host: String, port: UInt16, target: String) throws {
        let url = try HTTPURL(text)
        #expect(url.host.description == host)
        #expect(url.port.rawValue == port)
        #expect(url.target == target)
        #expect(try HTTPURL(url.description) == url)
    }

    @Test(
        "are refused for every trick (T-1)",
        arguments: [
            ("", URLRefusal.notAbsolute), ("/a", .notAbsolute), ("//192.168.1.1/", .notAbsolute),
            ("https://192.168.1.1/", .notHTTP), ("file:///etc/passwd", .notHTTP),
            ("gopher://192.168.1.1/", .notHTTP), ("http:/192.168.1.1/", .noHost),
            ("http:192.168.1.1", .noHost), ("http:///x", .notAnAddress),
            ("http://router.lan/", .notAnAddress), ("http://localhost/", .notAnAddress),
            ("http://192.168.1/", .notAnAddress), ("http://3232235777/", .notAnAddress),
            ("http://0xC0A80101/", .notAnAddress), ("http://192.168.1.01/", .notAnAddress),
            ("http://0300.0250.1.1/", .notAnAddress), ("http://[fe80::1%25eth0]/", .notAnAddress),
            ("http://[192.168.1.1]/", .notAnAddress), ("http://::1/", .port),
            ("http://[::1/", .port), ("http://[::1]x/", .notAnAddress),
            ("http://a@192.168.1.1/", .userInformation),
            ("http://192.168.1.1:80@10.0.0.1/", .userInformation),
            ("http://192.168.1.1:0/", .port), ("http://192.168.1.1:65536/", .port),
            ("http://192.168.1.1:-1/", .port), ("http://192.168.1.1:8 0/", .port),
            ("http://192.168.1.1:80:80/", .port),
            ("http://192.168.1.1/a\r\nb", .control), ("http://192.168.1.1/a\0", .control),
            ("http://192.168.1.1\\@10.0.0.1/", .userInformation),
            ("http://192.168.1.1 /", .notAnAddress),
        ])
    func refusing(text: String, reason: URLRefusal) {
        #expect(throws: reason) { try HTTPURL(text) }
    }

    @Test(
        "of services are resolved by RFC 3986, section 5.4",
        arguments: [
            ("ctl/IPConn", "http://10.0.0.1:5000/b/c/ctl/IPConn"),
            ("./g", "http://10.0.0.1:5000/b/c/g"),
            ("g/", "http://10.0.0.1:5000/b/c/g/"), ("/g", "http://10.0.0.1:5000/g"),
            ("//10.0.0.2/g", "http://10.0.0.2/g"), ("?y", "http://10.0.0.1:5000/b/c/d;p?y"),
            ("g?y/./x", "http://10.0.0.1:5000/b/c/g?y/./x"), ("", "http://10.0.0.1:5000/b/c/d;p?q"),
            (".", "http://10.0.0.1:5000/b/c/"), ("..", "http://10.0.0.1:5000/b/"),
            ("../g", "http://10.0.0.1:5000/b/g"), ("../..", "http://10.0.0.1:5000/"),
            ("../../../g", "http://10.0.0.1:5000/g"), ("/./g", "http://10.0.0.1:5000/g"),
            ("/../g", "http://10.0.0.1:5000/g"), ("g.", "http://10.0.0.1:5000/b/c/g."),
            ("..g", "http://10.0.0.1:5000/b/c/..g"), ("./g/.", "http://10.0.0.1:5000/b/c/g/"),
            ("g/../h", "http://10.0.0.1:5000/b/c/h"), ("g;x=1/../y", "http://10.0.0.1:5000/b/c/y"),
            ("http://10.0.0.1:80/x", "http://10.0.0.1/x"),
            ("a//b", "http://10.0.0.1:5000/b/c/a//b"),
        ])
    func resolving(text: String, expected: String) throws {
        let base = try HTTPURL("http://10.0.0.1:5000/b/c/d;p?q")
        #expect(try base.resolving(text).description == expected)
    }

    @Test(
        "given by a person may have a zone, by name or by number (RFC 6874)",
        arguments: [
            ("http://[fe80::1%25lo]:5000/d", nil), ("http://[fe80::1%lo]:5000/d", nil),
            ("http://[fe80::1%251]:5000/d", nil), ("http://[fe80::1]:5000/d", "lo"),
            ("http://[fe80::1%25lo]:5000/d", "eth99"),
        ])
    func givenZone(text: String, interface: String?) throws {
        let (url, unknown) = try HTTPURL.givenByUser(text, interface: interface)
        #expect(unknown == nil)
        #expect(url.scopeID == 1)
        #expect(!url.lacksZone)
        #expect(url.description == "http://[fe80::1]:5000/d")
        #expect(url.zonedDescription == "http://[fe80::1%25lo]:5000/d")
        #expect(try HTTPURL.givenByUser(url.zonedDescription).url == url)
    }

    @Test("given by a person with a zone that cannot be are refused, or say which it is")
    func wrongZone() throws {
        #expect(try HTTPURL.givenByUser("http://[fe80::1%25eth99]/").unknownZone == "eth99")
        #expect(try HTTPURL.givenByUser("http://[fe80::1%]/").unknownZone == "")
        #expect(try HTTPURL.givenByUser("http://[fe80::1]/").url.lacksZone)
        for text in ["http://[2001:db8::1%25lo]/", "http://192.168.1.1%lo/", "http://a%25b/"] {
            #expect(throws: URLRefusal.notAnAddress) { try HTTPURL.givenByUser(text) }
        }
        // A path may hold what looks like a zone.
        #expect(try HTTPURL.givenByUser("http://192.168.1.1/a%20]").url.target == "/a%20]")
    }

    @Test("of services are found by what upnp-scan prints, with a zone and without")
    func controlURLs() throws {
        var location = try HTTPURL("http://[fe80::1]:5000/d.xml")
        location.scopeID = 1
        let description = try DeviceDescription(
            parsing: Array(
                """
                <root><device><service><serviceType>urn:x:service:A:1</serviceType>\
                <controlURL>/c</controlURL></service></device></root>
                """.utf8), from: location)
        let service = UPnPService(description.services[0], deviceName: nil, http: HTTPClient())
        for text in ["http://[fe80::1]:5000/c", "http://[fe80::1%25lo]:5000/c"] {
            #expect(try #require(UPnPServiceName(text)).matches(service))
        }
        #expect(
            try #require(UPnPServiceName("http://[fe80::1%252]:5000/c")).matches(service) == false)
        #expect(UPnPServiceName("http://[fe80::1%25eth99]:5000/c") == nil)
    }

    @Test("keep the zone of the document's host, and give it to no other")
    func zones() throws {
        var base = try HTTPURL("http://[fe80::1]:5000/d.xml")
        base.scopeID = 3
        #expect(try base.resolving("/c").scopeID == 3)
        #expect(try base.resolving("http://[fe80::2]/c").scopeID == 0)
    }
}
