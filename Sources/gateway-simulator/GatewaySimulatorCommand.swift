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
            a line each. With --replay it is the router of a report that natctl gateway --report has \
            written instead: every question that was asked then gets the same answers after the same \
            time. A host A.B.C.D of the report is played at 127.B.C.D, one of IPv6 at ::1, and \
            --listen says where else the best gateway is.
            """)

    @Option(
        help: ArgumentHelp(
            "Play the router of this report; of the other options only --listen goes with it.",
            valueName: "file"),
        completion: .file())
    var replay: String?

    @OptionGroup(title: "The gateway") var gateway: GatewayOptions
    @OptionGroup(title: "Its UPnP side") var upnp: UPnPOptions
    @OptionGroup(title: "What it does wrong") var faults: FaultOptions
    @OptionGroup(title: "What it does wrong in UPnP") var upnpFaults: UPnPFaultOptions
    @OptionGroup(title: "What it does wrong over IPv6") var pinholeFaults: PinholeFaultOptions
    @Argument(parsing: .postTerminator, help: "The program to run, after --.")
    var command: [String] = []

    func validate() throws {
        guard replay != nil else { return }
        let options = CommandLine.arguments.dropFirst().prefix { $0 != "--" }
        let other = options.first { option in
            option.hasPrefix("--")
                && !["--replay", "--listen"].contains {
                    option == $0 || option.hasPrefix("\($0)=")
                }
        }
        if let other {
            throw ValidationError("\(other) cannot be combined with --replay.")
        }
    }

    func run() async throws {
        let signals = await signalStream(SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2)
        let status: Int32
        do {
            if let replay {
                status = try await play(try recording(from: replay), signals)
            } else {
                status = try await simulate(signals)
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            complain("\(error)")
            throw ExitCode(74)
        }
        throw ExitCode(status)
    }

    private func simulate(_ signals: AsyncStream<Int32>) async throws -> Int32 {
        var configuration = gateway.configuration(with: upnp.configuration)
        configuration.faults = faults.faults
        configuration.faults.upnp = upnpFaults.faults
        configuration.faults.pinholes = pinholeFaults.faults
        return try await SimulatedGateway.run(configuration) { gateway in
            if !command.isEmpty {
                return await run(
                    gateway: gateway.gateway.description, location: gateway.location, signals
                ) { await handle($0, by: gateway) }
            }
            let facts = [
                "listening on \(gateway.gateway)", "external address \(gateway.externalAddress)",
                gateway.location,
            ]
            return await serve(facts.compactMap(\.self).joined(separator: ", "), until: signals) {
                await handle($0, by: gateway)
            }
        }
    }

    /// Reads a report.
    ///
    /// - Throws: `ExitCode` 74 for a file that cannot be read, 65 for one that is no report; both
    ///   have been said.
    private func recording(from path: String) throws -> Recording {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readAll(path, limit: Recording.byteLimit + 1)
        } catch {
            complain("\(path): \(error.reason)")
            throw ExitCode(74)
        }
        do throws(Recording.Malformed) { return try Recording(parsing: bytes) } catch {
            complain("\(path): \(error)")
            throw ExitCode(65)
        }
    }

    /// Plays a report until the end; the exit status.
    private func play(
        _ recording: Recording, _ signals: AsyncStream<Int32>
    ) async throws -> Int32 {
        // A recording has no state that these could change.
        let isIgnored = { @Sendable (signal: Int32) in [SIGUSR1, SIGUSR2].contains(signal) }
        let listen = gateway.listen?.address
        return try await ReplayedGateway.run(recording, at: listen) { gateway in
            if !command.isEmpty {
                return await run(
                    gateway: gateway.gateway.description, location: gateway.location, signals,
                    handle: isIgnored)
            }
            let places = gateway.places.map { "\($0.recorded) at \($0.played)" }
            let facts = ["playing " + places.joined(separator: ", "), gateway.location]
            return await serve(
                facts.compactMap(\.self).joined(separator: ", "), until: signals,
                handle: isIgnored)
        }
    }

    /// Says what there is and waits for the end; the exit status.
    private func serve(
        _ facts: String, until signals: AsyncStream<Int32>,
        handle: (Int32) async -> Bool
    ) async -> Int32 {
        print(facts)
        fflush(nil)
        for await signal in signals where await !handle(signal) { return 128 + signal }
        return 0
    }

    /// Runs the program and passes signals on to it; its exit status, as a shell gives it.
    private func run(
        gateway: String, location: String?, _ signals: AsyncStream<Int32>,
        handle: @escaping @Sendable (Int32) async -> Bool
    ) async -> Int32 {
        let child: ChildProcess
        do {
            child = try ChildProcess(
                command, environment: ["NATCTL_GATEWAY": gateway, "NATCTL_LOCATION": location])
        } catch {
            complain("\(command[0]): \(error.reason)")
            return 127
        }
        return await withTaskGroup { group in
            group.addTask {
                for await signal in signals where await !handle(signal) { child.send(signal) }
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
