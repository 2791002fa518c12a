import Foundation
import GatewaySimulator
import TestSupport
import Testing

@Suite("Signals that come twice, on the simulator") struct SimulatorSignalPairTests {
    @Test(
        "are one, so that the clean-up is done",
        arguments: ["map tcp 8080 --keep", "map tcp 8080 --via nat-pmp -- sleep 300"], [10, 300])
    func areOne(arguments: String, milliseconds: Int) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(arguments) { natctl in
                try await condition { (natctl.output + natctl.errors).contains(" mapped ") }
                // So slow that the copy comes during the clean-up.
                tool.gateway.faults.delay = .milliseconds(500)
                natctl.send(SIGTERM)
                try await Task.sleep(for: .milliseconds(milliseconds))
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 128 + SIGTERM)
            #expect((outcome.output + outcome.errors).contains(" unmapped "))
            #expect(tool.forwarded.isEmpty)
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("are one to a command that does not stay", arguments: [10, 300])
    func areOneToOthers(milliseconds: Int) async throws {
        try await ToolBehindGateway.run { tool in
            tool.gateway.faults.delay = .milliseconds(700)
            let outcome = try await tool.running("map tcp 8080-8089") { natctl in
                try await condition { tool.gateway.log.count > 0 }
                natctl.send(SIGTERM)
                try await Task.sleep(for: .milliseconds(milliseconds))
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 128 + SIGTERM)
            try await condition { tool.forwarded.isEmpty }
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("are one to watch, as timeout(1) sends them")
    func areOneToWatch() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "timeout 2 sh -c 'trap : TERM; natctl watch --json; echo $?'")
            #expect(outcome.output.hasSuffix("\n143\n"), "\(outcome.errors)")
        }
    }

    @Test("from timeout(1) delete the mapping")
    func timeout() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell("timeout 2 natctl map tcp 8080 --keep")
            #expect(outcome.output.contains(" unmapped "), "\(outcome.errors)")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("are two after more than a second, and the second ends at once, whatever hangs")
    func areTwo() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "map tcp 8080 --keep --on-change 'echo $$; exec sleep 300 2>&-'"
            ) { natctl in
                try await condition { !natctl.errors.isEmpty }
                natctl.send(SIGTERM)
                try await Task.sleep(for: .milliseconds(300))
                natctl.send(SIGTERM)
                // The clean-up has come to the hook, which hangs.
                try await condition { tool.forwarded.isEmpty }
                #expect(!natctl.hasEnded)
                try await natctl.sendLater(SIGINT)
                let start = ContinuousClock.now
                try await condition { natctl.hasEnded }
                #expect(ContinuousClock.now - start < .seconds(4))
                let hook = pid_t(natctl.errors.prefix(while: \.isNumber))
                kill(try #require(hook), SIGKILL)
            }
            #expect(outcome.status == 128 + SIGINT)
        }
    }
}
