import Foundation
import GatewaySimulator
import Testing
import NATTraversal
import TestSupport

@Suite("Wrong command lines, on the simulator") struct SimulatorUsageTests {
    static let wrong = [
        "map", "map tcp", "map tcp 0", "map tcp 65536", "map tcp 70000", "map tcp -1",
        "map tcp 80-79", "map tcp 80-", "map tcp -80", "map tcp 1-2-3", "map tcp http",
        "map tcp 0x50", "map sctp 80", "map tcp 80 true", "map tcp 80 --lifetime 0",
        "map tcp 80 --lifetime 0s", "map tcp 80 --lifetime -5", "map tcp 80 --lifetime 366d",
        "map tcp 80 --lifetime 1.5h", "map tcp 80 --lifetime 1w", "map tcp 80 --lifetime 30m2h",
        "map tcp 80 --lifetime 99999999999999999999", "map tcp 80 --timeout 0",
        "map tcp 80 --timeout soon", "map tcp 80 --timeout 366d",
        "map tcp 80 --gateway router.local", "map tcp 80 --gateway 192.168.1",
        "map tcp 80 --gateway 192.168.1.1:0", "map tcp 80 --gateway 192.168.1.1:70000",
        "map tcp 80 --gateway http://192.168.1.1", "map tcp 80 --json -q",
        "map tcp 65000-65010 -e 65530", "map tcp 80 81 -e 65535", "map tcp 80 -e 0 --exact",
        "unmap tcp --external-port 0",
        "map tcp 80:8080 -e 80", "map 80:8080/tcp 22/tcp -e 81", "map 80/tcp 81/udp -e 65535",
        "map tcp 80 --changes-only --keep", "map tcp 80 --changes-only -- true",
        "map tcp 80 --on-change true", "unmap --all 80/tcp", "unmap --all tcp udp",
        "unmap 80/tcp --external-port 80",
        "map tcp 80 -e 65536", "map tcp 80 --via stun", "map tcp 80 --via natpmp",
        "map tcp 80 --via nat-pmp --remote-host 203.0.113.9", "map tcp 80 --remote-host peer",
        "map tcp 80 --via nat-pmp --description web",
        "map tcp 80 --via pcp --location http://127.0.0.1:9/", "list --location router",
        "upnp-scan --location http://[2001:db8::1%25lo]:9/",
        "upnp-scan --location http://127.0.0.1:9/ --target upnp:rootdevice",
        "upnp-scan --location http://127.0.0.1:9/ --scan-time 1s",
        "upnp-scan --location http://127.0.0.1:9/ --gateway 127.0.0.1",
        "list --leases --gateway 127.0.0.1", "list --leases --via pcp",
        "gateway -q --via pcp", "gateway -q --timeout 3s", "gateway -q --report file",
        "gateway --report -", "gateway --json --report=-",
        "map tcp 80 --internal-address laptop", "map tcp 80 --remote-host 0.0.0.0",
        "map tcp 80 --internal-address 224.0.0.1", "map tcp 80 --bogus", "unmap", "unmap tcp",
        "unmap tcp 0", "unmap --all tcp 80", "unmap both --external-port 80",
        "unmap tcp 80 --external-port 80", "unmap --external-port 80", "external-ip now",
        "external-ip --json -q", "list tcp", "bogus", "help bogus",
        "map tcp 80 -6 --via nat-pmp", "map tcp 80 -6 -e 81", "map 81:80/tcp -6",
        "map tcp 80 -6 --verify", "map tcp 80 -6 --remote-host 203.0.113.9",
        "map tcp 80 --remote-host 2001:db8::9", "map tcp 80 --internal-address 2001:db8::9",
        "map tcp 80 -6 --internal-address 192.168.1.2", "map tcp 80 -6 --internal-address fd77::2",
        "map tcp 80 -6 --internal-address fe80::2", "map tcp 80 -6 --internal-address ::",
        "map tcp 80 -6 --gateway 127.0.0.1", "map tcp 80 --gateway ::1",
        "map tcp 80 -6 --gateway fe80::1", "external-ip -6 --via nat-pmp",
        "external-ip -6 --gateway 127.0.0.1", "unmap tcp 80 -6 --via nat-pmp",
        "unmap tcp 80 -6 --gateway 127.0.0.1", "gateway --gateway fe80::1",
        "gateway -q --gateway [fe80::1]:5351", "list --gateway fe80::1", "watch --gateway fe80::1",
        "upnp-scan --gateway fe80::1",
    ]

    /// Ports in forms that map and unmap both refuse.
    static let wrongPorts = [
        "8080", "tcp", "tcp 80/udp", "80/tcp udp", "80/sctp", "80/", "/tcp", "tcp/80", "99999/tcp",
        "0:80/tcp", "80:/tcp", "1:2:3/tcp", "80:90-91/tcp", "9000-8000/udp", "80/tcp 81",
        "1:80/tcp 2:80/tcp", "1:80/tcp 1:90/tcp", "",
    ]

    @Test(
        "ports in another form are 64 too, with one line", arguments: ["map", "unmap"], wrongPorts)
    func refusePorts(command: String, ports: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("\(command) \(ports)")
            #expect(outcome.status == 64)
            #expect(outcome.output == "")
            let lines = outcome.errors.split(separator: "\n")
            #expect(lines.first?.hasPrefix("natctl: ") == true)
            // Then the usage.
            #expect(
                lines.dropFirst().first?.hasPrefix("Usage: natctl \(command) ") == true,
                "\(outcome.errors)")
            #expect(tool.gateway.log.count == 0)
        }
    }

    @Test("end with 64, a sentence on standard error and nothing else", arguments: wrong)
    func areRefused(arguments: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl(arguments)
            #expect(outcome.status == 64)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("natctl: "))
            #expect(tool.gateway.log.count == 0)
        }
    }

    @Test(
        "a description of the other family is none for what maps, and a link-local one needs its zone",
        arguments: [
            "map tcp 80 --location http://[::1]:9/", "external-ip --location http://[::1]:9/",
            "map tcp 80 -6 --location http://127.0.0.1:9/",
            "unmap tcp 80 -6 --location http://127.0.0.1:9/",
            "external-ip --location http://[fe80::1]:9/", "list --location http://[fe80::1]:9/",
            "upnp-scan --location http://[fe80::1]:9/",
        ])
    func wrongLocation(arguments: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl(arguments)
            #expect(outcome.status == 64)
            #expect(outcome.output == "")
            #expect(tool.gateway.log.count == 0)
        }
    }

    @Test(
        "a zone that is no interface here is 69, as --interface is",
        arguments: [
            "upnp-scan", "upnp-call WANIPConnection GetStatusInfo", "external-ip", "gateway",
        ])
    func unknownZone(command: String) async throws {
        let outcome = try await BuiltTool.natctl(
            "\(command) --location http://[fe80::1%25eth99]:9/")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("there is no interface eth99"))
    }

    @Test(
        "a link-local gateway has the zone that it is given, escaped or not, or the interface's",
        arguments: [
            "fe80::9%lo", "fe80::9%25lo", "[fe80::9%lo]:5351", "fe80::9%1",
            "fe80::9 --interface lo",
        ])
    func readsZone(gateway: String) async throws {
        let outcome = try await BuiltTool.natctl("gateway -q --gateway \(gateway)")
        #expect(outcome.lines == ["fe80::9%lo"], "\(outcome.errors)")
        let unknown = try await BuiltTool.natctl("gateway --gateway fe80::9%eth99")
        #expect(unknown.status == 69)
    }

    @Test(
        "an option with an empty value, which would count as not given",
        arguments: [
            "list --interface", "gateway --report", "upnp-scan --target", "gateway --gateway",
            "external-ip --location", "external-ip --via", "upnp-scan --scan-time",
            "upnp-call WANIPConnection GetStatusInfo --interface", "external-ip --color",
            "map tcp 80 --keep --on-change", "map tcp 80 --internal-address", "map tcp 80 -e",
            "map tcp 80 --remote-host", "map tcp 80 --lifetime", "map tcp 80 --description",
            "unmap tcp --external-port", "external-ip --timeout",
        ], [true, false])
    func refuseEmptyValue(words: String, isSeparate: Bool) async throws {
        try await ToolBehindGateway.run { tool in
            var arguments = words.split(separator: " ").map(String.init)
            if isSeparate || words.hasSuffix(" -e") {
                arguments.append("")
            } else {
                arguments[arguments.count - 1] += "="
            }
            let outcome = try await BuiltTool.run(
                ProjectFiles.natctl, arguments, environment: tool.environment)
            #expect(outcome.status == 64)
            #expect(outcome.output == "")
            let line = outcome.errors.split(separator: "\n").first ?? ""
            let option = words.hasSuffix(" -e") ? "-e" : words.split(separator: " ").last ?? ""
            #expect(line.hasPrefix("natctl: \(option) needs <"), "\(line)")
            #expect(line.hasSuffix(">, which is empty here"), "\(line)")
            #expect(tool.gateway.log.count == 0)
        }
    }

    @Test("point to unmap where no lifetime is asked for")
    func pointToUnmap() async throws {
        let outcome = try await BuiltTool.natctl("map tcp 80 --lifetime 0")
        #expect(outcome.errors.contains("unmap"))
    }

    @Test(
        "a description without bytes, too long or with controls",
        arguments: [
            "", String(repeating: "x", count: 65), String(repeating: "ä", count: 33), "a\nb",
            "a\u{7F}", "\u{85}",
        ])
    func refuseDescription(text: String) async throws {
        let outcome = try await BuiltTool.run(
            ProjectFiles.natctl, ["map", "tcp", "80", "--description", text])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--description"))
    }

    @Test(
        "an address that no host has, whichever way it comes",
        arguments: [
            "external-ip --gateway", "gateway -q --gateway", "upnp-scan --gateway",
            "map tcp 80 --internal-address", "map tcp 80 --remote-host",
            "external-ip --location", "upnp-scan --location", "upnp-call S A --location",
        ], ["255.255.255.255", "0.0.0.0", "224.0.0.1", "::", "ff02::1", "::ffff:255.255.255.255"])
    func refuseNoHost(words: String, address: String) async throws {
        try await ToolBehindGateway.run { tool in
            let isURL = words.hasSuffix("--location")
            let host = isURL && address.contains(":") ? "[\(address)]" : address
            let value = isURL ? "http://\(host):9/" : address
            let outcome = try await tool.natctl("\(words) \(value)")
            #expect(outcome.status == 64, "\(outcome.errors)")
            #expect(outcome.output == "")
            #expect(tool.gateway.log.count == 0)
            let name = isURL ? "NATCTL_LOCATION" : "NATCTL_GATEWAY"
            guard words.hasPrefix("external-ip ") || words.hasPrefix("upnp-scan ") else { return }
            let command = words.split(separator: " ").first.map(String.init) ?? ""
            let variable = try await BuiltTool.natctl(command, environment: [name: value])
            #expect(variable.status == 64, "\(variable.errors)")
            #expect(variable.errors.hasPrefix("natctl: \(name)"), "\(variable.errors)")
        }
    }

    @Test(
        "so does a wrong NATCTL_GATEWAY, unless a flag wins over it",
        arguments: ["router.local", "192.168.1.1:0", "\u{1B}[31m", "fe80::1"])
    func environmentIsRefused(text: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await BuiltTool.natctl(
                "external-ip", environment: ["NATCTL_GATEWAY": text])
            #expect(outcome.status == 64)
            #expect(outcome.output == "")
            #expect(!outcome.errors.contains("\u{1B}"))
            let json = try await BuiltTool.natctl(
                "map tcp 80 --json", environment: ["NATCTL_GATEWAY": text])
            #expect(json.status == 64)
            #expect(try json.document.error?.code == "usage")
            #expect(try json.document.mappings?.isEmpty == true)
            let flag = try await BuiltTool.natctl(
                "external-ip --gateway \(tool.gateway.gateway)",
                environment: ["NATCTL_GATEWAY": text])
            #expect(flag.status == 0, "\(flag.errors)")
        }
    }

    @Test(
        "what the environment says and cannot apply is ignored",
        arguments: [
            ("external-ip --via nat-pmp", "NATCTL_LOCATION"),
            ("external-ip --location", "NATCTL_GATEWAY"), ("list --leases", "NATCTL_GATEWAY"),
            ("upnp-scan --scan-time 1s", "NATCTL_LOCATION"),
        ])
    func environmentIsIgnored(command: String, variable: String) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.natPMP, .upnp] }) { tool in
            let location = command.hasSuffix("--location") ? " \(tool.gateway.location ?? "")" : ""
            let outcome = try await tool.shell(
                "natctl \(command)\(location)", environment: [variable: "router.local"])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test("an IPv6 gateway of the environment is ignored by what maps IPv4, and a flag is 64")
    func ignoresIPv6Gateway() async throws {
        try await ToolBehindGateway.run { tool in
            let nobody = ["NATCTL_GATEWAY": "[2001:db8::1]:5351"]
            // No default route leaves by loopback.
            let variable = try await tool.shell(
                "natctl unmap tcp 8080 --via nat-pmp --interface lo", environment: nobody)
            #expect(variable.status == 69)
            #expect(!variable.errors.contains("2001:db8"), "\(variable.errors)")
            let flag = try await tool.natctl("map tcp 8080 --gateway [2001:db8::1]:5351")
            #expect(flag.status == 64)
        }
    }

    @Test(
        "the gateway of a flag is asked, whatever NATCTL_LOCATION says",
        arguments: [
            ("map tcp 8080 --via upnp", 75),
            ("upnp-call WANIPConnection GetExternalIPAddress", 69),
        ])
    func flagWins(command: String, status: Int32) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let outcome = try await tool.shell(
                "natctl \(command) --gateway 127.0.0.9",
                environment: ["NATCTL_LOCATION": location])
            #expect(outcome.status == status, "\(outcome.output)")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test(
        "an interface that is not there is 69",
        arguments: ["map tcp 80 --json", "list", "gateway -q", "gateway", "external-ip", "watch"])
    func missInterface(command: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("\(command) --interface nowhere0")
            #expect(outcome.status == 69, "\(outcome.output)")
            #expect(tool.gateway.log.count == 0)
        }
    }

    @Test(
        "so it is where a description's URL stands in for a search",
        arguments: ["upnp-scan", "upnp-call WANIPConnection GetExternalIPAddress"])
    func missInterfaceOfLocation(command: String) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let outcome = try await tool.natctl(
                "\(command) --location \(location) --interface nowhere0")
            #expect(outcome.status == 69, "\(outcome.output)")
        }
    }

    /// What `gateway --json` says of where it looked.
    private struct Gateways: Decodable {
        struct Gateway: Decodable {
            var address: String
            var device: Device?
        }
        struct Device: Decodable { var location: String }
        var gateways: [Gateway]
    }

    @Test("the host of --location is the gateway, and nobody else is asked")
    func locates() async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let nobody = ["NATCTL_GATEWAY": "", "NATCTL_LOCATION": location]
            let best = try await tool.shell("natctl gateway -q", environment: nobody)
            #expect(best.lines == ["127.0.0.1"], "\(best.errors)")
            let all = try await tool.shell("natctl gateway --json", environment: nobody)
            let document = try JSONDecoder().decode(Gateways.self, from: Data(all.output.utf8))
            #expect(document.gateways.map(\.address) == ["127.0.0.1"])
            #expect(document.gateways.first?.device?.location == location)
        }
    }

    @Test("arguments that turn out wrong later have a document, and one line")
    func isWrongLater() async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let call = "upnp-call WANIPConnection Nope --location \(location)"
            let outcome = try await tool.natctl(call + " --json")
            #expect(outcome.status == 64)
            #expect(try outcome.document.error?.code == "usage")
            let text = try await tool.natctl(call)
            #expect(text.status == 64)
            #expect(text.lines == [])
            #expect(text.errors.split(separator: "\n").count == 1, "\(text.errors)")
        }
    }

    @Test("rows that cannot be written are 74", arguments: ["", "-q", "--json"])
    func isFull(format: String) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let scan = "natctl upnp-scan \(format) --location \(location) >/dev/full"
            #expect(try await tool.shell(scan).status == 74)
        }
    }

    @Test(
        "a closed standard output is 74, whatever else is closed",
        arguments: [">&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func isClosed(streams: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell("exec natctl external-ip \(streams)")
            #expect(outcome.status == 74, "\(outcome.errors)")
        }
    }

    @Test(
        "a report that cannot be written is 74, and what was found out is shown",
        arguments: [
            ("/dev/full", "No space left on device"),
            ("/nowhere/file", "No such file or directory"),
        ])
    func reportIsFull(file: String, reason: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("gateway --json --report \(file)")
            #expect(outcome.status == 74)
            #expect(try outcome.document.gateways?.count == 1)
            let error = try #require(try outcome.document.error)
            #expect(error.code == "io")
            #expect(error.message == "\"\(file)\" cannot be written: \(reason)")
            #expect(outcome.errors == "natctl: \(error.message)\n")
            let text = try await tool.natctl("gateway --report \(file)")
            #expect(text.status == 74)
            #expect(text.output.contains("127.0.0.1"))
            #expect(text.errors == "natctl: \(error.message)\n")
        }
    }

    @Test(
        "few descriptors are 74 and a sentence, or enough, whatever the command",
        arguments: [
            "external-ip", "map tcp 8080 --timeout 2s", "unmap tcp 8080", "list", "list --leases",
            "list-interfaces", "gateway", "gateway -q", "upnp-scan --scan-time 1s",
            "upnp-call WANIPConnection GetExternalIPAddress", "watch", "map tcp 8080 --keep",
            "map tcp 8080 --on-change true -- true",
        ])
    func hasFewDescriptors(command: String) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.pcp, .natPMP, .upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            // From what is too few to what is enough, whatever a test leaves open itself.
            let outcome = try await tool.shell(
                """
                for count in $(seq 4 26) 40 60; do
                    errors=$( (ulimit -n $count; exec timeout 2 natctl \(command)) 2>&1 >/dev/null)
                    status=$?
                    echo $status
                    [ $status != 74 ] || [ -n "$errors" ] || echo silent
                done
                """, environment: ["NATCTL_LOCATION": location])
            // 124: it stays, and has to be stopped; 127: even the program's libraries want more.
            #expect(
                Set(outcome.lines).subtracting(["124", "127"]).isSubset(of: ["0", "74"]),
                "\(outcome.lines)")
            #expect(outcome.lines.contains("74"))
            #expect(outcome.lines.last != "74")
        }
    }

    @Test("--help and --version are answers, on standard output")
    func help() async throws {
        for arguments in ["--help", "help", "help map", "map --help"] {
            let outcome = try await BuiltTool.natctl(arguments)
            #expect(outcome.status == 0)
            #expect(!outcome.output.isEmpty)
            #expect(outcome.errors == "")
        }
        for arguments in ["version", "-V", "--version", "map --version"] {
            let outcome = try await BuiltTool.natctl(arguments)
            #expect(outcome.status == 0)
            #expect(outcome.lines.count == 1 && outcome.output.hasPrefix("natctl "))
            #expect(outcome.errors == "")
        }
    }
}
