import ArgumentParser
import GatewaySimulator
import Glibc
import NATTraversal
import NATTraversalSupport

@main struct GatewaySimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway-simulator",
        abstract:
            "A home router, on loopback or where --listen says: NAT-PMP, PCP, UPnP and real forwarding.",
        discussion: """
            Runs COMMAND with NATCTL_GATEWAY and NATCTL_LOCATION set and exits with its status. Without COMMAND it \
            prints what it listens on and runs until SIGINT or SIGTERM. SIGUSR1 restarts the \
            gateway: its mappings are forgotten and its epoch begins anew. SIGUSR2 gives it the \
            next external address. The page /mappings beside the description shows its mappings, \
            a line each.
            """)

    @OptionGroup(title: "The gateway") var gateway: GatewayOptions
    @OptionGroup(title: "Its UPnP side") var upnp: UPnPOptions
    @OptionGroup(title: "What it does wrong") var faults: FaultOptions
    @OptionGroup(title: "What it does wrong in UPnP") var upnpFaults: UPnPFaultOptions
    @OptionGroup(title: "What it does wrong over IPv6") var pinholeFaults: PinholeFaultOptions
    @Argument(parsing: .postTerminator, help: "The program to run, after --.")
    var command: [String] = []

    func run() async throws {
        var configuration = gateway.configuration(with: upnp.configuration)
        configuration.faults = faults.faults
        configuration.faults.upnp = upnpFaults.faults
        configuration.faults.pinholes = pinholeFaults.faults
        let signals = await signalStream(SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2)
        let status: Int32
        do {
            status = try await SimulatedGateway.run(configuration) { gateway in
                command.isEmpty
                    ? await serve(gateway, until: signals)
                    : await run(command, behind: gateway, signals)
            }
        } catch {
            complain("\(error)")
            throw ExitCode(74)
        }
        throw ExitCode(status)
    }

    /// Announces the gateway and waits for the end; the exit status.
    private func serve(
        _ gateway: SimulatedGateway, until signals: AsyncStream<Int32>
    ) async -> Int32 {
        let facts = [
            "listening on \(gateway.gateway)", "external address \(gateway.externalAddress)",
            gateway.location,
        ]
        print(facts.compactMap(\.self).joined(separator: ", "))
        fflush(nil)
        for await signal in signals where await !handle(signal, by: gateway) {
            return 128 + signal
        }
        return 0
    }

    /// Runs a program and passes signals on to it; its exit status, as a shell gives it.
    private func run(
        _ command: [String], behind gateway: SimulatedGateway, _ signals: AsyncStream<Int32>
    ) async -> Int32 {
        let child: ChildProcess
        do {
            var environment = ["NATCTL_GATEWAY": gateway.gateway.description]
            environment["NATCTL_LOCATION"] = gateway.location
            child = try ChildProcess(command, environment: environment)
        } catch {
            complain("\(command[0]): \(error.reason)")
            return 127
        }
        return await withTaskGroup { group in
            group.addTask {
                for await signal in signals where await !handle(signal, by: gateway) {
                    child.send(signal)
                }
            }
            defer { group.cancelAll() }
            return await child.status()
        }
    }

    /// Does what a signal wants of the gateway; `false` when it is not for the gateway.
    private func handle(_ signal: Int32, by gateway: SimulatedGateway) async -> Bool {
        switch signal {
        case SIGUSR1:
            await gateway.restart()
        case SIGUSR2:
            if let address = self.gateway.nextAddress { gateway.changeReportedAddress(to: address) }
            if self.gateway.mappingUpdates { await gateway.updateMappings(.kept) }
        default: return false
        }
        return true
    }
}

/// Prints a line on standard error, with the program's name in front.
func complain(_ text: String) {
    try? writeAll(Array("gateway-simulator: \(text)\n".utf8), to: STDERR_FILENO)
}
