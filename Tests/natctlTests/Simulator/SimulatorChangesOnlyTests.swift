import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite("natctl map --changes-only on the simulator") struct SimulatorChangesOnlyTests {
    /// An address of the Internet other than the gateway has at first.
    private static let otherAddress = IPv4Address(rawValue: 0x0B16_2102)

    @Test(
        "prints what is new, and nothing at all the next time, warnings neither",
        arguments: ["", "-q", "--json", "--via nat-pmp"])
    func isSilent(options: String) async throws {
        try await ToolBehindGateway.run { tool in
            let command = "map both 22 --changes-only \(options)"
            let first = try await tool.natctl(command)
            #expect(first.status == 0)
            #expect(first.lines.count == (options == "--json" ? 1 : 2), "\(first.output)")
            #expect(first.errors.contains("warning: "))
            let before = tool.gateway.mappings.compactMap(\.expiry)
            let second = try await tool.natctl(command)
            #expect(second.status == 0)
            #expect(second.output == "")
            #expect(second.errors == "")
            // It was a renewal all the same.
            let after = tool.gateway.mappings.compactMap(\.expiry)
            #expect(before.count == 2 && after.count == 2 && zip(before, after).allSatisfy(<))
        }
    }

    @Test("prints another external address or port, once, and of several ports that one alone")
    func printsChanges() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080 8081")
            #expect(try await tool.natctl("map tcp 8080 8081 --changes-only").lines == [])
            let port = try await tool.natctl("map 8080/tcp 90:8081/tcp --changes-only")
            #expect(port.lines == ["tcp 127.0.0.1:8081 <- 11.22.33.1:90  pcp, 2h"])
            #expect(try await tool.natctl("map tcp 8081 -e 91 --changes-only -q").lines == ["91"])
            tool.gateway.changeReportedAddress(to: Self.otherAddress)
            let address = try await tool.natctl("map tcp 8080 --changes-only")
            #expect(address.lines == ["tcp 127.0.0.1:8080 <- 11.22.33.2:8080  pcp, 2h"])
            #expect(try await tool.natctl("map tcp 8080 --changes-only").lines == [])
        }
    }

    @Test("prints another technique or only peer too, as --keep tells them, once")
    func printsOtherChanges() async throws {
        try await ToolBehindGateway.run { tool in
            let command = "map tcp 8080 --changes-only --via"
            #expect(try await tool.natctl("\(command) nat-pmp").lines.count == 1)
            #expect(try await tool.natctl("\(command) nat-pmp").lines == [])
            let moved = try await tool.shell(
                "natctl \(command) pcp --on-change 'echo $NATCTL_EVENT $NATCTL_TECHNIQUE'")
            #expect(moved.lines == ["tcp 127.0.0.1:8080 <- 11.22.33.1:8080  pcp, 2h"])
            #expect(moved.errors == "changed pcp\n")
            #expect(try await tool.natctl("\(command) pcp").lines == [])
            for peer in ["198.51.100.9", "198.51.100.10"] {
                let limited = "\(command) pcp --remote-host \(peer)"
                let outcome = try await tool.natctl(limited)
                #expect(outcome.lines.count == 1 && outcome.output.contains(peer))
                #expect(try await tool.natctl(limited).lines == [])
            }
        }
    }

    @Test("an external address that is not told for a while is no change, nor is its return")
    func keepsUnknownAddress() async throws {
        try await ToolBehindGateway.run { tool in
            let command = "map tcp 8080 --changes-only --via nat-pmp"
            #expect(try await tool.natctl(command).lines.count == 1)
            tool.gateway.faults.refusals[.natpmpAddress] = 2
            let untold = try await tool.natctl(command)
            #expect(untold.lines == [] && untold.status == 0)
            #expect(tool.gateway.log.count(.natpmpAddress) > 0)
            tool.gateway.faults.refusals = [:]
            #expect(try await tool.natctl(command).lines == [])
            tool.gateway.faults.refusals[.natpmpAddress] = 2
            tool.gateway.changeReportedAddress(to: Self.otherAddress)
            #expect(try await tool.natctl(command).lines == [])
            tool.gateway.faults.refusals = [:]
            #expect(try await tool.natctl(command).lines.count == 1)
        }
    }

    @Test("a mapping whose lease is gone is new")
    func forgets() async throws {
        try await ToolBehindGateway.run { tool in
            for _ in 0..<2 {
                let outcome = try await tool.natctl("map tcp 8080 --changes-only -q")
                #expect(outcome.lines == ["8080"])
                try await tool.natctl("unmap tcp 8080")
            }
        }
    }

    @Test("the JSON document lists what is mapped, changed or not")
    func printsDocument() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            let outcome = try await tool.natctl("map tcp 8080 8081 --changes-only --json")
            #expect(try outcome.document.mappings?.map(\.internalPort) == [8080, 8081])
        }
    }

    @Test("a failure is told each time, with the exit code of map, and runs no hook")
    func tellsFailures() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            tool.gateway.faults.refusals = [
                .pcpMap: .init(code: 2), .natpmpMap: .init(code: 2),
            ]
            for _ in 0..<2 {
                let outcome = try await tool.natctl("map tcp 8080 --changes-only")
                #expect(outcome.status == 77)
                #expect(outcome.output == "")
                #expect(outcome.errors.hasPrefix("natctl: "))
            }
            let json = try await tool.shell(
                "natctl map tcp 8080 --changes-only --json --on-change 'echo ran'")
            #expect(json.status == 77)
            #expect(try json.document.error?.code == "refused")
            #expect(!json.errors.contains("ran"))
        }
    }

    @Test("runs the hook for what is new or other, once for all, and not otherwise")
    func runsHook() async throws {
        try await ToolBehindGateway.run { tool in
            let hook = """
                cat >>$NATCTL_STATE/heard
                echo $NATCTL_EVENT $NATCTL_EXTERNAL_PORT $NATCTL_PREVIOUS_EXTERNAL_ADDRESS
                """
            let command = "natctl map tcp 8080 8081 --changes-only -q --on-change '\(hook)'"
            let first = try await tool.shell(command)
            #expect(first.status == 0)
            #expect(first.lines == ["8080", "8081"])
            #expect(first.errors == "mapped 8080\n")
            let second = try await tool.shell(command)
            #expect(second.output + second.errors == "")
            tool.gateway.changeReportedAddress(to: Self.otherAddress)
            #expect(try await tool.shell(command).errors == "changed 8080 11.22.33.1\n")
            let events = try tool.state.text("heard").split(separator: "\n").map(String.init)
            #expect(
                events.compactMap { $0.firstMatch(of: /"event":"([a-z]+)"/).map { String($0.1) } }
                    == ["mapped", "mapped", "changed", "changed"])
            // Both ports, each inside and outside.
            for event in events {
                #expect(event.matches(of: /"address":/).count == 4, "\(event)")
                if DocumentSchema.isAvailable { try await DocumentSchema.shared.check(event) }
            }
        }
    }

    @Test("a hook that fails is a warning, in the document too")
    func warnsOfHook() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "natctl map tcp 8080 --changes-only --json --on-change 'exit 3'")
            #expect(outcome.status == 0)
            #expect(try outcome.document.warnings?.map(\.code) == ["hookFailed"])
            #expect(outcome.errors == "natctl: warning: the hook for mapped ended with 3\n")
        }
    }

    @Test("is the line for cron in the README and in the manual, by its absolute path")
    func isForCron() async throws {
        let lines = try #require(try ReadmeFile.block("crontab"))
        let line = try #require(lines.first)
        #expect(try ProjectFiles.text("Man/natctl.1").contains("\n\(line)\n"))
        let words = try #require(line.firstMatch(of: /^\*\/30 \* \* \* \* \/usr\/bin\/(.+)/))
        try await ToolBehindGateway.run { tool in
            #expect(try await tool.shell(String(words.1)).lines.count == 1)
            let second = try await tool.shell(String(words.1))
            #expect(second.status == 0)
            #expect(second.output + second.errors == "")
        }
    }
}
