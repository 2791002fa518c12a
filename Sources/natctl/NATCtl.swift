import ArgumentParser
import Dispatch
import Glibc
import NATTraversal

/// The commands.
struct NATCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "natctl",
        abstract: "Open ports on home routers by PCP, NAT-PMP and UPnP",
        discussion: """
            natctl map tcp 8080 makes port 8080 of this host public for two hours; run it again \
            to renew, natctl unmap tcp 8080 to close the port.

            Exit codes: 0 done, 64 usage, 65 bad answer, 69 unavailable, 70 internal, 73 cannot \
            map, 74 input or output, 75 timeout, 77 refused, 128+n ended by signal n.
            """,
        version: "0.1.0",
        subcommands: [
            ExternalIPCommand.self, MapCommand.self, UnmapCommand.self, ListCommand.self,
            ListInterfacesCommand.self, GatewayCommand.self, UPnPScanCommand.self,
            UPnPCallCommand.self,
        ])
}

/// The entry point.
///
/// Not an asynchronous one of ArgumentParser's: it would end in `dispatch_main`, which costs a
/// statically linked program 7 ms.
@main enum Main {
    static func main() {
        let done = DispatchSemaphore(value: 0)
        let ending = Locked<Int32>(0)
        // Detached, because `main` counts as the main actor and is blocked below.
        let work = Task.detached {
            let status = await run()
            ending.withLock { $0 = status }
            done.signal()
        }
        let signals = TerminationSignals { work.cancel() }
        done.wait()
        exit(signals.received.map { 128 + $0 } ?? ending.withLock { $0 })
    }

    /// Runs the command of the command line and returns the exit code.
    @concurrent private static func run() async -> Int32 {
        LibXML2.refuseOtherDocuments()
        do {
            var command = try command(for: Array(CommandLine.arguments.dropFirst()))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch is CancellationError {
            return EndCode.internal.rawValue
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            let message = NATCtl.fullMessage(for: error)
            let code = NATCtl.exitCode(for: error)
            let stream: StandardStream = code == .success ? .output : .error
            do throws(SystemError) {
                if !message.isEmpty { try stream.writeLine(message) }
                return code.rawValue
            } catch {
                return EndCode.io.rawValue
            }
        }
    }

    /// The command that the arguments mean.
    ///
    /// A subcommand alone takes half the time of the whole tree to parse, and natctl runs from
    /// scripts many times. What it does not take, help and mistakes among it, is for the tree, which
    /// knows what to say.
    private static func command(for arguments: [String]) throws -> any ParsableCommand {
        let type = NATCtl.configuration.subcommands.first {
            $0.configuration.commandName == arguments.first
        }
        if let command = try? type?.parse(Array(arguments.dropFirst())) { return command }
        return try NATCtl.parseAsRoot(arguments)
    }
}
