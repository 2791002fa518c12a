import ArgumentParser
import Glibc
import NATTraversal
import NATTraversalSupport

/// `map --keep` and `map … -- COMMAND`.
struct HeldMap {
    var gateway: GatewayOptions
    var requests: [MappingRequest]
    var output: OutputOptions
    var command: [String]
    var hook: String?

    /// Standard output is COMMAND's.
    private var stream: StandardStream { command.isEmpty ? .output : .error }

    /// Maps, holds, and lets go at the end.
    ///
    /// - Throws: `ExitCode`, always; `CancellationError` for a signal before the first step.
    func run() async throws -> Never {
        let control = HoldControl(hasCommand: !command.isEmpty)
        control.takeOver(.shared)
        let held = try await start(control)
        let mappings = await held.mappings
        let source = await EventSource(held)
        let service = ServiceManager()
        var problem: SystemError?
        let child = control.holds {
            source.refresh()
            service?.tellReload()
        } start: {
            startCommand(for: mappings.first, &problem)
        }
        var beginning: [EventPrinter.Line] = []
        if let problem {
            beginning.append(.remark(notRun(command[0], problem)))
            control.end(.command(127))
        }
        let (commandEnd, ended) = AsyncStream<Never>.makeStream()
        child?.whenEnded {
            control.end(.command($0))
            ended.finish()
        }
        service?.tell("READY=1")
        if output.format == .quiet { beginning.append(.ports(mappings.map(\.externalPort))) }
        let audience = EventAudience(
            format: output.format, stream: stream, printsRenewals: output.verbose > 0,
            hooks: hook.map { HookQueue(Hook(command: $0)) }, service: service)
        let ending = await HoldSession(
            source: source, audience: audience, control: control, beginning: beginning
        ).run()
        // After a second signal the mappings are deleted while COMMAND still runs; HoldControl ends it
        // within half a second.
        if case .signal = ending, child != nil { for await _ in commandEnd {} }
        throw ending.exitCode
    }

    /// Maps all ports, or shows why not.
    private func start(_ control: HoldControl) async throws -> MappingHold {
        var started: MappingHold?
        do {
            try await output.run(.map, on: stream) {
                let mapper = PortMapper(try gateway.selection(of: requests.first?.family ?? .ipv4))
                let (held, report) = try await control.starting { [requests] in
                    try await mapper.startHolding(requests)
                }
                started = held
                return held == nil ? MappingOutput(kind: .map, report: report) : nil
            }
        } catch {
            // Also where a signal came while the failure was shown to nobody.
            throw control.endingSoFar?.exitCode ?? error
        }
        guard let started else { throw ExitCode(EndCode.internal.rawValue) }
        return started
    }

    /// Starts COMMAND, if there is one.
    private func startCommand(
        for mapping: Mapping?, _ problem: inout SystemError?
    ) -> ChildProcess? {
        guard !command.isEmpty else { return nil }
        do throws(SystemError) {
            return try ChildProcess(
                CommandLine.bytes(of: command), environment: mappingVariables(mapping))
        } catch {
            problem = error
            return nil
        }
    }
}

extension CommandLine {
    /// The last of the arguments as they were given: `arguments` shows bytes that are no UTF-8 as
    /// replacement characters.
    ///
    /// - Parameter words: those arguments as `arguments` shows them.
    /// - Returns: the bytes of each.
    fileprivate static func bytes(of words: [String]) -> [[UInt8]] {
        (Int(argc) - words.count..<Int(argc)).compactMap { index in
            unsafe unsafeArgv[index].map { word in
                unsafe UnsafeBufferPointer(start: word, count: strlen(word))
                    .map(UInt8.init(bitPattern:))
            }
        }
    }
}

extension HoldControl.Ending {
    /// COMMAND's own status, or what a signal makes of it.
    var exitCode: ExitCode {
        switch self {
        case .signal(let number): ExitCode(128 + number)
        case .command(let status): ExitCode(status)
        }
    }
}
