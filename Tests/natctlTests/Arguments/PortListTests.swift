import ArgumentParser
import NATTraversal
import Testing

@testable import natctl

@Suite("Ports of the command line") struct PortListTests {
    /// What the words name: `80:8080/tcp` with an external port, `8080/tcp` without.
    private func named(_ words: String) throws -> [String] {
        try PortList(words.split(separator: " ").map(String.init)).entries.map { entry in
            let outside = entry.externalPort.map { "\($0):" } ?? ""
            return "\(outside)\(entry.port)/\(entry.transport.rawValue)"
        }
    }

    @Test(
        "have their transport before or behind them, mixed, in the order given, tcp before udp",
        arguments: [
            ("tcp 80", "80/tcp"),
            ("both 80 70", "80/tcp 80/udp 70/tcp 70/udp"),
            ("udp 80-82 90-90", "80/udp 81/udp 82/udp 90/udp"),
            ("8080/tcp 51820/udp 80:8081/tcp", "8080/tcp 51820/udp 80:8081/tcp"),
            ("53/both 1/udp", "53/tcp 53/udp 1/udp"),
            ("tcp 8080 51820/udp 8443", "8080/tcp 51820/udp 8443/tcp"),
            ("51820/udp tcp 8080 udp 53", "51820/udp 8080/tcp 53/udp"),
            ("tcp 80:8080", "80:8080/tcp"), ("TCP 80 81/Udp", "80/tcp 81/udp"),
            ("both 80:8080 81", "80:8080/tcp 80:8080/udp 81/tcp 81/udp"),
            ("8000-8001/tcp", "8000/tcp 8001/tcp"),
            ("9000-9001:8000-8001/both", "9000:8000/tcp 9000:8000/udp 9001:8001/tcp 9001:8001/udp"),
            ("80:80/tcp 80/udp 0081/tcp", "80:80/tcp 80/udp 81/tcp"),
        ])
    func reads(words: String, ports: String) throws {
        #expect(try named(words).joined(separator: " ") == ports)
    }

    @Test("are a pair where both named them, once is enough")
    func pairs() throws {
        let list = try PortList(
            "tcp 80 both 80 81 82/tcp 82/udp".split(separator: " ").map(String.init))
        #expect(list.entries.map(\.isPaired) == [true, true, true, true, false, false])
    }

    @Test("a range may be all ports there are")
    func readsAll() throws { #expect(try named("udp 1-65535").count == 65535) }

    @Test(
        "are named once, in the first place, whatever the form",
        arguments: [
            ("tcp 9002 9000-9003 9001", "9002/tcp 9000/tcp 9001/tcp 9003/tcp"),
            ("both 80 80/udp 80/tcp", "80/tcp 80/udp"),
            ("1:80/tcp tcp 1:80", "1:80/tcp"),
        ])
    func namesOnce(words: String, ports: String) throws {
        #expect(try named(words).joined(separator: " ") == ports)
    }

    @Test(
        "are refused with what is wrong",
        arguments: [
            ("8080", "8080 has no transport; write tcp 8080 or 8080/tcp"),
            ("80:8080 udp 1", "80:8080 has no transport; write tcp 80:8080 or 80:8080/tcp"),
            ("80/tcp 81", "81 has no transport; write tcp 81 or 81/tcp"),
            ("tcp", "no port follows tcp; write tcp 8080, for example"),
            ("tcp 80/udp", "no port follows tcp; write tcp 8080, for example"),
            ("udp tcp 80", "no port follows udp; write udp 8080, for example"),
            ("80/tcp both", "no port follows both; write both 8080, for example"),
            ("80/sctp", #""80/sctp" names no transport: "sctp" is not tcp, udp or both"#),
            ("80/", #""80/" names no transport: "" is not tcp, udp or both"#),
            ("80/tcp/udp", #""80/tcp/udp" names no transport: "tcp/udp" is not tcp, udp or both"#),
            ("tcp/80", #""tcp/80" names no transport: "80" is not tcp, udp or both"#),
            ("http", #""http" is neither tcp, udp or both nor a port from 1 to 65535"#),
            ("tcp 0", "0 is not a port; ports go from 1 to 65535"),
            ("tcp 1-2-3", #""1-2-3" is neither tcp, udp or both nor a port from 1 to 65535"#),
            ("99999/tcp", "99999 is not a port; ports go from 1 to 65535"),
            ("/tcp", #""/tcp" names no port: "" is not a port from 1 to 65535"#),
            (":80/tcp", #"":80/tcp" names no port: "" is not a port from 1 to 65535"#),
            ("80:/tcp", #""80:/tcp" names no port: "" is not a port from 1 to 65535"#),
            ("0:80/tcp", "0 is not a port; ports go from 1 to 65535"),
            ("80-/tcp", #""80-/tcp" names no port: "80-" is not a port from 1 to 65535"#),
            ("tcp 9000-8000", #""9000-8000" ends before it begins; write 8000-9000"#),
            (
                "127.0.0.1:80:80/tcp",
                #""127.0.0.1:80:80/tcp" has more than one colon; only an external port may come "#
                    + "first, as in 80:8080/tcp"
            ),
            (
                "80:90-91/tcp",
                #""80:90-91/tcp" needs as many external ports as internal ones, as in "#
                    + "9000-9002:8000-8002/tcp"
            ),
            ("1:80/tcp 2:80/tcp", "80/tcp is named twice, with different external ports"),
            ("80/tcp 2:80/both", "80/tcp is named twice, with different external ports"),
            ("1:80/tcp 1:90/tcp", "ports 80 and 90 cannot share the external port 1/tcp"),
            ("80:81/udp 80/udp", "ports 81 and 80 cannot share the external port 80/udp"),
        ])
    func refuses(words: String, message: String) {
        #expect { try named(words) } throws: { ($0 as? ValidationError)?.message == message }
    }

    @Test(
        "no port is written otherwise",
        arguments: [
            "", "-", "0-5", "65536", "70000", "80-", "-80", "+80", " 80", "80 ", "0x50", "８０",
            "80,81", "80:81:82", "80/tcp ", "80 /tcp", "80//tcp", "80;81", "\u{1B}[31m",
        ])
    func refusesOthers(word: String) {
        #expect(throws: ValidationError.self) { try PortArgument(word) }
    }
}
