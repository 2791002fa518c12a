import Testing

@testable import NATTraversal

@Suite("Record of SSDP announcements") struct SSDPAliveRecordTests {
    private let router = SocketAddress.test("192.168.77.1", port: 40521)

    /// What is told of the device in use when it is found.
    private let device = SSDPPresence(
        source: .v4(IPv4Address(rawValue: 0xC0A8_4D01)), udn: "uuid:a",
        location: try? HTTPURL("http://192.168.77.1:5000/d.xml"), bootIdentifier: "7")

    /// A record that can be asked within an expectation.
    private final class Listener {
        private var record: SSDPAliveRecord

        init(_ record: SSDPAliveRecord) { self.record = record }

        func isHint(_ datagram: Datagram) -> Bool { record.isHint(datagram) }
    }

    private func record(device: SSDPPresence? = nil) -> Listener {
        Listener(SSDPAliveRecord(gateways: [router.address], device: device))
    }

    private func datagram(
        _ kind: String = "ssdp:alive", udn: String = "uuid:a", target: String = "upnp:rootdevice",
        location: String? = "http://192.168.77.1:5000/d.xml", fields: [String] = [],
        boot: String? = "7", from source: SocketAddress? = nil
    ) -> Datagram {
        let lines =
            ["NOTIFY * HTTP/1.1", "NT: \(target)", "NTS: \(kind)", "USN: \(udn)::\(target)"]
            + [location.map { "LOCATION: \($0)" }, boot.map { "BOOTID.UPNP.ORG: \($0)" }]
            .compactMap(\.self) + fields
        return Datagram(
            source: source ?? router,
            payload: Array((lines + ["", ""]).joined(separator: "\r\n").utf8))
    }

    @Test("the first word of a device is only noted, another one later is a hint (S-18)")
    func restart() {
        let record = record()
        #expect(!record.isHint(datagram()))
        #expect(!record.isHint(datagram()))
        #expect(record.isHint(datagram(boot: "8")))
        #expect(!record.isHint(datagram(boot: "8")), "a burst is one hint")
        #expect(record.isHint(datagram(location: "http://192.168.77.1:6000/d.xml", boot: "8")))
        #expect(!record.isHint(datagram(location: "http://192.168.77.1:6000/d.xml", boot: "8")))
    }

    @Test("the first word is held against what the device told when it was found")
    func baseline() {
        for (location, boot, isHint) in [
            ("http://192.168.77.1:5000/d.xml", "7", false),
            ("http://192.168.77.1:5000/d.xml", "8", true),
            ("http://192.168.77.1:5001/d.xml", "7", true),
        ] {
            let record = record(device: device)
            #expect(record.isHint(datagram(location: location, boot: boot)) == isHint)
            #expect(!record.isHint(datagram(location: location, boot: boot)))
        }
    }

    @Test("what a device leaves out has not changed")
    func missing() {
        let record = record(device: device)
        #expect(!record.isHint(datagram(location: nil, boot: nil)))
        #expect(!record.isHint(datagram(location: "/d.xml", boot: nil)), "it cannot be fetched")
        #expect(record.isHint(datagram(location: nil, boot: "8")), "7 is still known")
        #expect(record.isHint(datagram(location: "http://192.168.77.1:1/", boot: nil)))
    }

    @Test("01-NLS of older devices tells a restart too")
    func nls() {
        let record = record()
        #expect(!record.isHint(datagram(fields: ["01-NLS: 1"], boot: nil)))
        #expect(record.isHint(datagram(fields: ["01-NLS: 2"], boot: nil)))
    }

    @Test("an update counts with the BOOTID that it announces")
    func update() {
        let record = record(device: device)
        let update = datagram("ssdp:update", fields: ["NEXTBOOTID.UPNP.ORG: 8"])
        #expect(record.isHint(update))
        #expect(!record.isHint(update))
        #expect(!record.isHint(datagram(boot: "8")))
    }

    @Test("the recorded announcement of a daemon is read")
    func recorded() {
        let text = """
            NOTIFY * HTTP/1.1
            HOST: 239.255.255.250:1900
            CACHE-CONTROL: max-age=10
            LOCATION: http://192.168.77.1:40521/rootDesc.xml
            SERVER: Debian/6.18.44-fc-v669 UPnP/1.1 MiniUPnPd/2.3.1
            NT: upnp:rootdevice
            USN: uuid:00000000-0000-0000-0000-0000000000aa::upnp:rootdevice
            NTS: ssdp:alive
            OPT: "http://schemas.upnp.org/upnp/1/0/"; ns=01
            01-NLS: 1795350735
            BOOTID.UPNP.ORG: 1795350735
            CONFIGID.UPNP.ORG: 1337


            """
        let message = SSDPMessage(parsing: Array(text.utf8))
        let presence = message.flatMap { SSDPPresence($0, from: router) }
        #expect(presence?.udn == "uuid:00000000-0000-0000-0000-0000000000aa")
        #expect(presence?.bootIdentifier == "1795350735")
        #expect(presence?.location?.description == "http://192.168.77.1:40521/rootDesc.xml")
        let record = record(device: device)
        #expect(!record.isHint(Datagram(source: router, payload: Array(text.utf8))))
    }

    @Test("a gateway that comes back under another name is a hint, its media server is not (S-18)")
    func otherNames() {
        let record = record(device: device)
        let gateway = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
        #expect(!record.isHint(datagram(udn: "uuid:media", boot: "1")))
        #expect(!record.isHint(datagram(udn: "uuid:wan", target: gateway)), "of the same run")
        #expect(record.isHint(datagram(udn: "uuid:b", target: gateway, boot: "8")))
        #expect(!record.isHint(datagram(udn: "uuid:b", target: gateway, boot: "8")))
    }

    @Test(
        "byebye, other kinds, none, and answers to searches change nothing (T-8, S-13)",
        arguments: ["ssdp:byebye", "ssdp:alive2", "", "upnp:propchange"])
    func others(kind: String) {
        let record = record(device: device)
        #expect(!record.isHint(datagram(kind, boot: "8")))
        #expect(!record.isHint(datagram()), "and it was not noted")
        let answer =
            "HTTP/1.1 200 OK\r\nNTS: ssdp:alive\r\nUSN: uuid:a\r\nBOOTID.UPNP.ORG: 8\r\n\r\n"
        #expect(!record.isHint(Datagram(source: router, payload: Array(answer.utf8))))
    }

    @Test("no message of the corpus is a hint", arguments: Corpus.items("ssdp"))
    func corpus(item: CorpusItem) {
        let record = record(device: device)
        #expect(!record.isHint(Datagram(source: router, payload: item.bytes)))
    }

    @Test("an announcement without a name, and one that was cut, are ignored")
    func unusable() {
        let record = record(device: device)
        let text = "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nBOOTID.UPNP.ORG: 8\r\n\r\n"
        #expect(!record.isHint(Datagram(source: router, payload: Array(text.utf8))))
        var cut = datagram(boot: "8")
        cut.isTruncated = true
        #expect(!record.isHint(cut))
    }

    @Test("nobody but the gateway and the device in use is heard (T-8)")
    func strangers() {
        let record = Listener(SSDPAliveRecord(gateways: [.v4(.loopback)], device: device))
        let stranger = SocketAddress.test("192.168.77.9")
        #expect(!record.isHint(datagram(from: stranger)))
        #expect(!record.isHint(datagram(boot: "8", from: stranger)))
        #expect(record.isHint(datagram(boot: "8")))
    }

    @Test("names without end cost nothing, and hide nobody (T-4)")
    func flood() {
        let record = record(device: device)
        let gateway = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
        let hints = (0..<1000).count {
            record.isHint(datagram(udn: "uuid:\($0)", target: gateway, boot: "\($0)"))
        }
        #expect(hints < SSDPAliveRecord.devicesPerSource)
        #expect(record.isHint(datagram(boot: "8")), "the device in use has its place")
    }

    @Test("the same device is another one at another address, where it tells other LOCATIONs")
    func families() {
        let wide = SocketAddress.test("fe80::1")
        let gateways = [router.address, wide.address]
        let record = Listener(SSDPAliveRecord(gateways: gateways, device: device))
        let gateway = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
        let announcement = datagram(
            target: gateway, location: "http://[fe80::1]:5000/d.xml", from: wide)
        #expect(!record.isHint(announcement))
        #expect(!record.isHint(datagram()))
        #expect(!record.isHint(announcement))
    }
}
