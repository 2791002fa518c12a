import ArgumentParser
import Dispatch
import Glibc
import NATTraversal

/// The commands.
struct NATCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "natctl",
        abstract: "Open ports on home routers by PCP and NAT-PMP.",
        discussion: """
            natctl map tcp 8080 makes port 8080 of this host public. Exit codes: 0 done, 64 usage, \
            65 bad answer, 69 unavailable, 73 cannot map, 74 input/output, 75 timeout, 77 refused.
            """,
        version: "0.1.0",
        subcommands: [
            ExternalIPCommand.self, MapCommand.self, UnmapCommand.self, ListCommand.self,
            ListInterfacesCommand.self, UPnPScanCommand.self, UPnPCallCommand.self,
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
        do {
            var command = try NATCtl.parseAsRoot()
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
}
