import GatewaySimulator
import Testing

@testable import NATTraversal

/// A text with secrets in it, and how a stranger is to see it.
private struct MaskedText: Sendable, CustomTestStringConvertible {
    var text: String
    var masked: String

    var testDescription: String { text }

    init(_ text: String, _ masked: String) { (self.text, self.masked) = (text, masked) }

    static let all = [
        // Addresses: a public one keeps its provider's network and the length of its octets.
        MaskedText("from 11.22.33.44 and 11.22.33.45", "from 11.22.10.10 and 11.22.10.11"),
        MaskedText("8.8.8.8:53, 93.184.216.34.", "8.8.1.1:53, 93.184.100.10."),
        MaskedText("192.168.1.1 10.0.0.138 100.64.7.7", "192.168.1.1 10.0.0.138 100.64.7.7"),
        MaskedText("127.0.0.1 0.0.0.0 169.254.9.9", "127.0.0.1 0.0.0.0 169.254.9.9"),
        // 198.51.100.0/24 is for documents; the mask of its public neighbour is not.
        MaskedText("198.51.101.7", "198.51.101.1"),
        MaskedText("011.22.33.44 1.2.3.444", "xxx.xx.xx.xx x.x.x.xxx"),
        MaskedText("1.2.3.4.5", "1.2.3.4.5"),
        MaskedText(
            "[2a02:8070:abc:1200::57]:80 2A02:8070:0ABC:1200::58",
            "[2a02:8070:100:1000::10]:80 2a02:8070:0100:1000::11"),
        MaskedText("fe80::211:22ff:fe33:4455%eth0", "fe80::100:1000:1000:1000%eth0"),
        MaskedText("fd12:3456:789a::1", "fd12:1000:1000::1"),
        MaskedText("fe80::1 ::1 ff02::c", "fe80::1 ::1 ff02::c"),
        MaskedText("::ffff:11.22.33.44", "::ffff:11.22.10.10"),
        MaskedText("12:34:56 at 10:00", "12:34:56 at 10:00"),
        // Identifiers keep their separators; one in another spelling is the same.
        MaskedText(
            "00:11:22:AA:bb:cc 00-11-22-aa-bb-cc 001122AABBCC",
            "00:00:00:00:00:01 00-00-00-00-00-01 000000000001"),
        MaskedText(
            "uuid:75802409-bccb-40e7-8e6c-001122334455::upnp:rootdevice",
            "uuid:00000000-0000-0000-0000-000000000001::upnp:rootdevice"),
        MaskedText(
            "uuid:75802409-BCCB-40e7-8e6c-001122334455, uuid:gateway-7",
            "uuid:00000000-0000-0000-0000-000000000001, uuid:xxxxxxx-x"),
        MaskedText("by enx001122334455", "by enx000000000001"),
        MaskedText("/d7a8f3c2deadbeef/desc.xml", "/0000000000000001/desc.xml"),
        MaskedText("deadbeef 12345678901", "deadbeef 12345678901"),
        // Hosts that are names, and who is named before them.
        MaskedText(
            "http://tom:secret@tom.example.net:8080/x http://192.168.1.1/tom",
            "http://xxx:xxxxxx@xxx.xxxxxxx.xxx:8080/x http://192.168.1.1/tom"),
        MaskedText(
            "http://schemas.xmlsoap.org/soap/envelope/",
            "http://schemas.xmlsoap.org/soap/envelope/"),
    ]
}

@Suite("What is masked in a report") struct TrafficMaskTests {
    @Test("keeps its length, and tells nothing", arguments: MaskedText.all)
    private func masks(text: MaskedText) {
        var mask = TrafficMask()
        #expect(mask.patterns(text.text) == text.masked)
        #expect(text.masked.utf8.count == text.text.utf8.count)
    }

    @Test("is masked in the same way when it is masked again", arguments: MaskedText.all)
    private func isIdempotent(text: MaskedText) {
        var mask = TrafficMask()
        #expect(mask.patterns(text.masked) == text.masked)
    }

    @Test("is the same in every place and form")
    func isConsistent() throws {
        var mask = TrafficMask()
        let address = try #require(IPv4Address("11.22.33.44"))
        #expect(mask.patterns("11.22.33.44") == "11.22.10.10")
        #expect(mask.address(.v4(address)) == IPAddress("11.22.10.10"))
        let answer: [UInt8] = [0, 128, 0, 0, 0, 0, 14, 16, 11, 22, 33, 44]
        #expect(mask.packet(answer) == [0, 128, 0, 0, 0, 0, 14, 16, 11, 22, 10, 10])
        let map = bytes(
            "0281000000000e10 00000000 000000000000000000000000 0102030405060708090a0b0c"
                + "06000000 1f901f90 00000000000000000000ffff0b16212c 00030004 0b16212c")
        let masked = bytes(
            "0281000000000e10 00000000 000000000000000000000000 000000000000000000000001"
                + "06000000 1f901f90 00000000000000000000ffff0b160a0a 00030004 00000000")
        #expect(mask.packet(map) == masked)
    }

    @Test("is, of a datagram, also what no field of the protocol holds")
    func clearsTheRest() {
        var mask = TrafficMask()
        let leak = Array(repeating: UInt8(ascii: "s"), count: 8)
        #expect(mask.packet([9, 1, 2, 3] + leak) == [9, 1, 2, 3] + leak.map { _ in 0 })
        let long: [UInt8] = [0, 129, 0, 0, 0, 0, 0, 1, 31, 144, 31, 144, 0, 0, 14, 16]
        #expect(mask.packet(long + leak) == long + leak.map { _ in 0 })
        #expect(mask.packet([2]) == [2])
    }

    private static let secrets = [
        "SN-4711-0815", "Tom Müller's router", "Tom", "wlan-key", "00:11:22:33:44:55",
        "001122334455",
        "11.22.33.44", "4711", "tom.example.net", "75802409-bccb-40e7-8e6c-001122334455",
        "2a02:8070:abc:1200::57", "+49 30 901820",
    ]

    private static let description = """
        <?xml version="1.0"?>
        <root xmlns="urn:schemas-upnp-org:device-1-0" tom="wlan-key"><device>
        <!-- made for Tom -->
        <deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
        <friendlyName>Tom Müller's router</friendlyName><manufacturer>Acme</manufacturer>
        <modelName>Router 9</modelName><serialNumber> SN-4711-0815 </serialNumber>
        <UDN>uuid:75802409-bccb-40e7-8e6c-001122334455</UDN><X_key><![CDATA[wlan-key]]></X_key>
        <presentationURL>http://tom.example.net/SN-4711-0815?m=00:11:22:33:44:55</presentationURL>
        <X_phone>+49 30 901820</X_phone><serviceList><service>
        <controlURL>http://[2a02:8070:abc:1200::57]:80/001122334455</controlURL></service>
        </serviceList></device></root>
        """

    @Test("are names and numbers, wherever they occur")
    func hidesNames() throws {
        let head = "HTTP/1.1 200 OK\r\nServer: Linux/1.2.3.4 UPnP/1.0\r\nX-Who: Tom\r\n"
        let chunks = Array(Self.description.utf8).chunked(by: 7)
        let page = "<html><title>Welcome, Tom</title><body onload=\"wlan-key\">+49 30 901820"
        let answers: [[UInt8]] = [
            Array("\(head)\r\n\(Self.description)".utf8),
            Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8) + chunks,
            Array("\(head)\r\n\(page)".utf8),
            Array("HTTP/1.1 301 Moved\r\nLocation: http://tom.example.net/4711\r\n".utf8),
        ]
        var conversations = answers.map { answer in
            var conversation = Conversation(.tcp, start: .zero)
            // In two pieces, with the seam in the middle of a secret.
            let seam = answer.firstRange(of: Array("4711".utf8))?.lowerBound ?? 9
            conversation.events = [
                .init(at: .zero, .received(Array(answer[..<seam]), from: nil)),
                .init(at: .seconds(1), .received(Array(answer[seam...]), from: nil)),
            ]
            return conversation
        }
        var search = Conversation(.udp, start: .zero)
        let reply = """
            HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:SN-4711-0815\r\n\
            LOCATION: http://192.168.1.1/SN-4711-0815\r\nX-Phone: +49 30 901820\r\n\r\n
            """
        search.events = [.init(at: .zero, .received(Array(reply.utf8), from: nil))]
        conversations.append(search)

        var mask = TrafficMask()
        let masked = mask.conversations(conversations)
        for (old, new) in zip(conversations, masked) {
            #expect(old.events.map(\.kind.size) == new.events.map(\.kind.size))
            let text = String(decoding: new.receivedBytes, as: UTF8.self)
            for secret in Self.secrets where secret != "4711" || !text.contains("301") {
                #expect(!text.contains(secret), "\(secret) in \(text)")
            }
        }
        let text = String(decoding: masked[0].receivedBytes, as: UTF8.self)
        for kept in ["Acme", "Router 9", "Linux/1.2.3.4 UPnP/1.0", "InternetGatewayDevice:1"] {
            #expect(text.contains(kept))
        }
        // The serial number has one mask: in its element, in URLs and in what searches hear.
        let serial = try #require(
            text.firstMatch(of: /<serialNumber> (.*) <\/serialNumber>/)?.output.1)
        #expect(text.contains("/\(serial)?m="))
        let heard = String(decoding: masked[4].receivedBytes, as: UTF8.self)
        #expect(heard.contains("USN: uuid:\(serial)\r\n"))
        #expect(heard.contains("LOCATION: http://192.168.1.1/\(serial)\r\n"))
        // The chunks hold the same as the whole.
        let parts = MessageParts(masked[1].receivedBytes)
        let body = parts.document.map { masked[1].receivedBytes[$0] }
        #expect(text.hasSuffix(String(decoding: body, as: UTF8.self)))

        var again = TrafficMask()
        #expect(again.conversations(masked) == masked)
        #expect(mask.name("Tom Müller's router").contains("Tom") == false)
    }

    @Test(
        "is an external address in any form",
        arguments: [
            ("11.22.33.44", "11.22.10.10"), ("0x0b16212c", "xxxxxxxxxx"),
            ("192.168.0.9", "192.168.0.9"),
            ("11.22.33.044", "xx.xx.xx.xxx"), ("", ""),
        ])
    func hidesAddress(text: String, masked: String) {
        var mask = TrafficMask()
        let wrapped = { (text: String) in
            Array("<NewExternalIPAddress>\(text)</NewExternalIPAddress>".utf8)
        }
        #expect(mask.document(wrapped(text)) == wrapped(masked))
    }

    @Test("is not the name that the make and model tell")
    func keepsProductNames() {
        var mask = TrafficMask()
        let document = Array(
            "<friendlyName>FRITZ!Box 7590</friendlyName><modelName>AVM FRITZ!Box 7590</modelName>"
                .utf8)
        mask.learnNames(from: document)
        #expect(mask.document(document) == document)
        #expect(mask.name("FRITZ!Box 7590") == "FRITZ!Box 7590")
    }

    @Test("is a name as a word alone, and no word of the protocol")
    func keepsWords() {
        var mask = TrafficMask()
        let document = Array(
            """
            <friendlyName>Status</friendlyName><serialNumber>4711AB</serialNumber>
            <device><friendlyName>WANDevice</friendlyName><deviceType>a:WANDevice:1</deviceType></device>
            """.utf8)
        mask.learnNames(from: document)
        #expect(
            mask.patterns("NewConnectionStatus Status x4711AB-")
                == "NewConnectionStatus xxxxxx xxxxxx2-")
        let answer = Array("<NewStatus a=Status Status b='Status'>".utf8)
        #expect(
            mask.document(answer).elementsEqual("<NewStatus a=xxxxxx xxxxxx b='xxxxxx'>".utf8))
        #expect(String(decoding: mask.document(document), as: UTF8.self).contains(">WANDevice<"))
    }

    @Test("leaves descriptions that are read as before", arguments: Corpus.items("desc"))
    func keepsDescriptions(item: CorpusItem) throws {
        var mask = TrafficMask()
        mask.learnNames(from: item.bytes)
        let masked = mask.document(item.bytes)
        #expect(masked.count == item.bytes.count)
        var again = TrafficMask()
        again.learnNames(from: masked)
        #expect(again.document(masked) == masked)
        let location = try HTTPURL("http://192.168.1.1:5000/rootDesc.xml")
        let before = Result { try DeviceDescription(parsing: item.bytes, from: location) }
        let after = Result { try DeviceDescription(parsing: masked, from: location) }
        switch (before, after) {
        case (.success(let before), .success(let after)):
            #expect(before.services.map(\.type) == after.services.map(\.type))
            #expect(
                before.services.map { $0.control.refusal }
                    == after.services.map { $0.control.refusal })
            #expect(before.devices.map(\.type) == after.devices.map(\.type))
            #expect(before.devices.first?.modelName == after.devices.first?.modelName)
        case (.failure(let before), .failure(let after)):
            #expect("\(before)".prefix { $0 != "(" } == "\(after)".prefix { $0 != "(" })
        default:
            Issue.record("\(before) became \(after)")
        }
    }

    @Test("leaves answers that are read as before", arguments: Corpus.items("soap"))
    func keepsAnswers(item: CorpusItem) throws {
        var mask = TrafficMask()
        let masked = mask.document(item.bytes)
        #expect(masked.count == item.bytes.count)
        let before = Result { try SOAPAnswer(parsing: item.bytes, limits: .action) }
        let after = Result { try SOAPAnswer(parsing: masked, limits: .action) }
        switch (before, after) {
        case (.success(.response(let before)), .success(.response(let after))):
            #expect(before.element == after.element)
            #expect(before.results.map(\.name) == after.results.map(\.name))
        case (.success(.fault(let before)), .success(.fault(let after))):
            #expect(before.errorCode == after.errorCode)
        case (.success(.empty), .success(.empty)), (.failure, .failure): break
        default: Issue.record("\(before) became \(after)")
        }
    }

    @Test(
        "leaves messages of SSDP and HTTP that are read as before",
        arguments: Corpus.items("ssdp") + Corpus.items("http"))
    func keepsMessages(item: CorpusItem) throws {
        var mask = TrafficMask()
        let masked = mask.message(item.bytes)
        #expect(masked.count == item.bytes.count)
        let before = SSDPMessage(parsing: item.bytes)
        let after = SSDPMessage(parsing: masked)
        #expect(before?.kind == after?.kind)
        #expect((before?.location == nil) == (after?.location == nil))
    }

    @Test("takes any bytes", arguments: [0, 1, 2, 3, 5, 17])
    func takesAnything(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces =
            [
                "<", ">", "<![CDATA[", "]]>", "<!--", "&", "uuid:", "//", "HTTP/1.1 200\n\n",
                "11.22.", ":", "\n", "\u{E9}", "a", "<a b='", "%",
            ].map { Array($0.utf8) } + [[0xFF], [0x80]]
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            for _ in 0..<40 { bytes += pieces.randomElement(using: &generator) ?? [] }
            var mask = TrafficMask()
            #expect(mask.message(bytes).count == bytes.count)
            mask.learnNames(from: bytes)
            #expect(mask.document(bytes).count == bytes.count)
            #expect(mask.packet(bytes).count == bytes.count)
        }
    }
}

extension Conversation.Event.Kind {
    /// How many bytes an event has.
    fileprivate var size: Int {
        switch self {
        case .sent(let bytes, _), .received(let bytes, _): bytes.count
        case .connected, .failed, .closed: 0
        }
    }
}

extension [UInt8] {
    /// The bytes in chunks of this size.
    fileprivate func chunked(by size: Int) -> [UInt8] {
        stride(from: 0, to: count, by: size).flatMap { start -> [UInt8] in
            let piece = self[start..<Swift.min(start + size, count)]
            return Array("\(String(piece.count, radix: 16));x=y\r\n".utf8) + piece + [13, 10]
        } + Array("0\r\n\r\n".utf8)
    }
}
