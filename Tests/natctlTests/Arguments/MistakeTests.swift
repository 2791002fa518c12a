import ArgumentParser
import TestSupport
import Testing

@testable import natctl

@Suite("A mistake in the command line") struct MistakeTests {
    static let tree = Result { try CommandHelp.ofNATCtl() }

    /// The mistake that natctl finds in a line; a line that it takes has none.
    static func mistake(in line: String) throws -> Mistake? {
        let arguments = line.split(separator: " ").map(String.init)
        do {
            _ = try NATCtl.command(for: arguments)
            return nil
        } catch {
            return Mistake(
                in: arguments, of: try tree.get(), complaint: NATCtl.message(for: error))
        }
    }

    /// A line, what is said of it, and the command whose usage is shown.
    static let mistakes: [(line: String, sentence: String, command: String?)] = [
        // The command.
        ("mapp tcp 80", "there is no command mapp; did you mean natctl map tcp 80?", "map"),
        ("unamp tcp 80", "there is no command unamp; did you mean natctl unmap tcp 80?", "unmap"),
        ("scan", "there is no command scan; did you mean natctl upnp-scan?", "upnp-scan"),
        (
            "externalip", "there is no command externalip; did you mean natctl external-ip?",
            "external-ip"
        ),
        (
            "list-i", "there is no command list-i; did you mean natctl list-interfaces?",
            "list-interfaces"
        ),
        ("bogus", "there is no command bogus", nil), ("x", "there is no command x", nil),
        ("help foo", "there is no command foo", nil),
        ("help mapp", "there is no command mapp; did you mean natctl help map?", "map"),
        ("help map --json", "help has no option --json", nil),
        ("list help", "use --help for help; did you mean natctl list --help?", "list"),
        (
            "--generate-completion-script tcsh",
            "--generate-completion-script takes bash, zsh or fish", nil
        ),
        ("8080", "a command goes before the ports; did you mean natctl map tcp 8080?", "map"),
        ("TCP 8080", "a command goes before the ports; did you mean natctl map TCP 8080?", "map"),
        ("--json list", "--json goes after the command", "list"),
        ("--bogus", "there is no option --bogus", nil),
        ("--vers", "there is no option --vers; did you mean natctl --version?", nil),
        // Ports.
        ("map 8080", "8080 has no transport; did you mean natctl map tcp 8080?", "map"),
        (
            "map --timeout 9 8080 --keep",
            "8080 has no transport; did you mean natctl map --timeout 9 tcp 8080 --keep?", "map"
        ),
        (
            "unmap 80:8080", "80:8080 has no transport; did you mean natctl unmap tcp 80:8080?",
            "unmap"
        ),
        ("unmap --all 80", "--all takes no ports; only tcp or udp may follow", "unmap"),
        ("map 80/tcp 81", "81 has no transport; write tcp 81 or 81/tcp", "map"),
        ("map tcp 99999", "99999 is not a port; ports go from 1 to 65535", "map"),
        ("map tcp 0", "0 is not a port; ports go from 1 to 65535", "map"),
        ("map tcp -1", "-1 is not a port; ports go from 1 to 65535", "map"),
        ("map 99999/tcp", "99999 is not a port; ports go from 1 to 65535", "map"),
        ("map tcp 80 -62", "-62 is not a port; ports go from 1 to 65535", "map"),
        ("unmap -6 tcp 99999", "99999 is not a port; ports go from 1 to 65535", "unmap"),
        (
            "map -6 tcp 80 --remote-host 192.0.2.1",
            "--remote-host 192.0.2.1 is an IPv4 address, which --ipv6 excludes", "map"
        ),
        ("map tcp 9000-8000", "\"9000-8000\" ends before it begins; write 8000-9000", "map"),
        ("map tcpp 80", "tcpp is not a transport; did you mean natctl map tcp 80?", "map"),
        ("map tcp 1 upd 2", "upd is not a transport; did you mean natctl map tcp 1 udp 2?", "map"),
        ("map tcp http", "\"http\" is neither tcp, udp or both nor a port from 1 to 65535", "map"),
        // A COMMAND.
        (
            "map tcp 80 python3 -m http.server",
            "the command to run goes after --; did you mean natctl map tcp 80 -- python3 -m "
                + "http.server?", "map"
        ),
        (
            "map 80/tcp -q ./serve --port 80",
            "the command to run goes after --; did you mean natctl map 80/tcp -q -- ./serve "
                + "--port 80?", "map"
        ),
        (
            "unmap tcp 80 python3",
            "\"python3\" is neither tcp, udp or both nor a port from 1 to 65535", "unmap"
        ),
        ("map tcp 80 --", "name the command to run after --", "map"),
        // Options.
        (
            "map tcp 80 --external 90",
            "map has no option --external; did you mean --external-port?", "map"
        ),
        ("map tcp 80 --port 90", "map has no option --port; did you mean --external-port?", "map"),
        ("map tcp 80 --liftime=9", "map has no option --liftime; did you mean --lifetime?", "map"),
        ("map tcp 80 -keep", "map has no option -keep; did you mean --keep?", "map"),
        ("map tcp 80 --bogus", "map has no option --bogus", "map"),
        ("map tcp 80 -x", "map has no option -x", "map"),
        ("unmap tcp 80 --lifetime 2h", "unmap has no option --lifetime; only map has it", "unmap"),
        ("map tcp 80 --lifetime", "--lifetime needs <duration>", "map"),
        ("map tcp 80 --lifetime -5", "--lifetime needs <duration>", "map"),
        ("list --interface=", "--interface needs <name>, which is empty here", "list"),
        (
            "gateway --report -",
            "--report takes a file, not -: standard output shows the findings", "gateway"
        ),
        ("map tcp 80 --keep=1", "--keep takes no value", "map"),
        (
            "map tcp 80 --timeout soon",
            "--timeout takes a duration such as 90, 90s, 15m, 2h, 7d or 1h30m, from 1s to 365d, "
                + "not \"soon\"", "map"
        ),
        (
            "map tcp 80 --lifetime=0h",
            "a lifetime of 0 would map nothing; use natctl unmap to delete a mapping", "map"
        ),
        (
            "map tcp 80 -e 65536",
            "--external-port takes a port from 1 to 65535, or 0 for the gateway's choice, not "
                + "\"65536\"", "map"
        ),
        (
            "unmap tcp --external-port 0",
            "--external-port takes a port from 1 to 65535, not \"0\"",
            "unmap"
        ),
        (
            "map tcp 80 -e 0 --exact",
            "--exact cannot be combined with --external-port 0, which takes any port", "map"
        ),
        (
            "map tcp 80 --via natpmp",
            "--via takes auto, pcp, nat-pmp or upnp, not \"natpmp\"; did you mean nat-pmp?", "map"
        ),
        ("map tcp 80 --via stun", "--via takes auto, pcp, nat-pmp or upnp, not \"stun\"", "map"),
        (
            "list --gateway router",
            "--gateway takes an address such as 192.168.1.1, 192.168.1.1:5351 or fe80::1%eth0, "
                + "not \"router\"", "list"
        ),
        (
            "map tcp 80 -6 --via nat-pmp",
            "--ipv6 cannot be combined with --via nat-pmp, which does not support IPv6", "map"
        ),
        ("unmap 80/tcp -6 -7", "-7 is not a port; ports go from 1 to 65535", "unmap"),
        (
            "gateway -q --report file",
            "--report cannot be combined with --quiet, which asks no gateway", "gateway"
        ),
        // Arguments of the other commands.
        ("external-ip now", "external-ip takes no argument \"now\"", "external-ip"),
        ("upnp-call", "upnp-call needs <service> and <action>", "upnp-call"),
        ("upnp-call X", "upnp-call needs <action>", "upnp-call"),
        ("upnp-call X Y z", "\"z\" is not NAME=VALUE", "upnp-call"),
    ]

    @Test("has one sentence, and the usage of the command that was meant", arguments: mistakes)
    func isNamed(line: String, sentence: String, command: String?) throws {
        let mistake = try #require(try Self.mistake(in: line), "\(line) is understood")
        #expect(mistake.sentence == sentence)
        #expect(mistake.command == command)
    }

    /// What an argument's own type says is said without the parser's words in front.
    @Test(
        "of a value has the words of its type", arguments: ["--remote-host", "--internal-address"],
        ["peer", "0.0.0.0", "224.0.0.1", "255.255.255.255"])
    func hasOwnWords(option: String, value: String) throws {
        let mistake = try #require(try Self.mistake(in: "map tcp 80 \(option) \(value)"))
        #expect(mistake.sentence.hasPrefix("\(option) takes "))
    }

    @Test(
        "is none where the line is understood",
        arguments: [
            "map tcp 80", "map TCP 80", "map 80/Udp", "map tcp 80 -vv", "map tcp 80 -- sh -x",
            "map tcp 80 --lifetime 1h30m", "map both 80 81 -e 0", "map tcp 80 --via=pcp",
            "unmap --all", "watch -qv",
        ])
    func isNone(line: String) throws { #expect(try Self.mistake(in: line) == nil) }

    @Test("a line that is suggested can be typed as it is")
    func quotes() throws {
        let mistake = Mistake(
            in: ["mapp", "tcp", "80", "--description", "it's mine", "--on-change", ""],
            of: try Self.tree.get(), complaint: "")
        #expect(
            mistake.sentence == "there is no command mapp; did you mean natctl map tcp 80 "
                + #"--description 'it'\''s mine' --on-change ''?"#)
    }

    @Test(
        "natctl is asked for its version by its first word",
        arguments: ["version", "-V", "--version"])
    func asksForVersion(word: String) {
        #expect(NATCtl.asksForVersion([word]))
        #expect(NATCtl.asksForVersion([word, "map"]))
        #expect(!NATCtl.asksForVersion(["map", word]))
        #expect(!NATCtl.asksForVersion([]))
    }
}

@Suite("The end of a help") struct HelpEpilogueTests {
    static let commands = Result {
        try [nil] + CommandHelp.ofNATCtl().commands.map(\.commandName)
    }

    @Test("has two or three examples, which natctl understands, and fits 80 columns")
    func hasExamples() throws {
        for command in try Self.commands.get() {
            let epilogue = HelpEpilogue.of(command)
            #expect((2...3).contains(epilogue.examples.count), "\(command ?? "natctl")")
            for example in epilogue.examples {
                // A pipe, a line end and quotes are the shell's.
                let words = example.line.replacing("\\\n", with: " ").prefix { $0 != "|" }
                    .split(separator: " ").map(String.init)
                #expect(words.first == "natctl")
                #expect(command == nil || words[1] == command)
                #expect(throws: Never.self) { try NATCtl.command(for: Array(words.dropFirst())) }
            }
            let lines = epilogue.text.split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        }
    }

    @Test(
        "stands below the meaning of each option, however narrow the terminal says it is",
        arguments: ["-1", "0", "1", "20", "26", "80", "wide"])
    func isReadable(columns: String) async throws {
        let outcome = try await BuiltTool.natctl("map --help", environment: ["COLUMNS": columns])
        #expect(outcome.status == 0)
        let words = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("-q, --quiet "), "\(outcome.output)")
        for help in try CommandHelp.ofNATCtl().commands where help.commandName == "map" {
            for meaning in help.arguments.compactMap(\.abstract) {
                let meaning = meaning.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                #expect(words.contains(meaning), "\(meaning)")
            }
        }
    }

    @Test("names the variables that stand for options of the command, and no others")
    func namesVariables() throws {
        for help in try CommandHelp.ofNATCtl().commands {
            let variables = HelpEpilogue.of(help.commandName).variables
            for variable in [HelpEpilogue.Variable.gateway, .location, .interface] {
                #expect(
                    variables.contains(variable) == help.options.contains("--\(variable)"),
                    "\(help.commandName)")
            }
        }
    }
}
