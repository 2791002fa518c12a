import Foundation
import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

@Suite("natctl watch on the simulator") struct SimulatorWatchTests {
    @Test("runs until it is stopped", arguments: [SIGINT, SIGTERM])
    func runs(signal: Int32) async throws {
        let socket = try NotifySocket()
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "watch --json", environment: ["NOTIFY_SOCKET": socket.name]
            ) { natctl in
                try await condition { socket.hasMessage }
                natctl.send(signal)
            }
            #expect(outcome.status == 128 + signal)
            #expect(
                socket.messages().filter { !$0.hasPrefix("STATUS") } == ["READY=1", "STOPPING=1"])
            #expect(tool.forwarded.isEmpty)
        }
    }

    // A handler that enters Swift's runtime hangs in one of a hundred such bursts.
    @Test("ends, however close together signals come")
    func survivesBursts() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "exec python3 Tests/natctlTests/tools/signal-bursts.py 200 natctl watch")
            #expect(outcome.lines == ["\(128 + SIGTERM)"], "\(outcome.errors)")
        }
    }

    @Test("tells the present state first, then each change, and maps nothing")
    func tellsChanges() async throws {
        try await ToolBehindGateway.run { tool in
            let first = tool.gateway.reportedAddress
            let second = IPv4Address(rawValue: first.rawValue + 1)
            let outcome = try await tool.running("watch --json") { natctl in
                try await condition { natctl.events.contains("externalAddressChanged") }
                #expect(
                    Set(natctl.events) == [
                        "interfaceChanged", "gatewayChanged", "externalAddressChanged",
                    ])
                #expect(natctl.lines.allSatisfy { $0.contains(#""previous":null"#) })
                tool.gateway.changeReportedAddress(to: second)
                natctl.send(SIGHUP)
                try await condition { natctl.lines.last?.contains("\(second)") == true }
                natctl.send(SIGTERM)
            }
            #expect(outcome.lines.last?.contains(#""address":"\#(second)""#) == true)
            #expect(outcome.lines.last?.contains(#""previous":"\#(first)""#) == true)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("is the external address alone with --quiet")
    func isQuiet() async throws {
        try await ToolBehindGateway.run { tool in
            let first = tool.gateway.reportedAddress
            let second = IPv4Address(rawValue: first.rawValue + 1)
            let outcome = try await tool.running("watch -q") { natctl in
                try await condition { !natctl.lines.isEmpty }
                tool.gateway.changeReportedAddress(to: second)
                natctl.send(SIGHUP)
                try await condition { natctl.lines.count > 1 }
                natctl.send(SIGINT)
            }
            #expect(outcome.output == "\(first)\n\(second)\n")
            #expect(outcome.errors == "")
        }
    }

    @Test("fails at once where there is no interface of the name")
    func missesInterface() async throws {
        let outcome = try await BuiltTool.natctl("watch --interface nowhere0 --json")
        #expect(outcome.status == 69)
        #expect(outcome.lines.count == 1)
    }
}
