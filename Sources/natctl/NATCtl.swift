import ArgumentParser
import Glibc
import NATTraversal

/// The commands.
struct NATCtl: AsyncParsableCommand {
    static let name = "natctl"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Open ports on home routers by PCP, NAT-PMP and UPnP",
        discussion: """
            natctl map tcp 8080 makes port 8080 of this host public for two hours; run it again \
            to renew, natctl unmap tcp 8080 to close the port.

            Exit codes: 0 done, 64 usage, 65 bad answer, 69 unavailable, 70 internal, 73 cannot \
            map, 74 input or output, 75 timeout, 77 refused, 128+n ended by signal n; after \
            COMMAND its own status, 127 when it could not be run.
            """,
        version: version,
        // One by one: converting the array would ask for each conformance.
        subcommands: commands.map { $0 as any ParsableCommand.Type })

    fileprivate static let version = "natctl 0.2.0"

    private static let commands: [any AsyncParsableCommand.Type] = [
        ExternalIPCommand.self, MapCommand.self, UnmapCommand.self, ListCommand.self,
        ListInterfacesCommand.self, GatewayCommand.self, UPnPScanCommand.self,
        UPnPCallCommand.self, WatchCommand.self,
    ]
}

/// The entry point.
///
/// Not an asynchronous one of ArgumentParser's: it would end in `dispatch_main`, which costs a
/// statically linked program 7 ms.
@main enum Main {
    static func main() {
        StandardStream.takeClosedPlaces()
        let descriptors = FileDescriptors()
        if descriptors.areTooFew {
            say(descriptors.shortage)
            exit(EndCode.io.rawValue)
        }
        let inbox = SignalInbox.shared
        inbox.catch(SIGINT, SIGTERM)
        Reactor.shared.takeThread(watching: inbox.descriptor, whenReadable: inbox.receive) {
            // Detached, because `main` counts as the main actor, which never runs.
            let work = Task.detached(executorPreference: Reactor.shared) {
                await descriptors.reserveForTimers()
                let status = await run()
                // What stayed has let go, and its readers had their time.
                StandardErrorLog.shared.flush(within: inbox.isTakenOver ? .seconds(1) : nil)
                inbox.exit(with: status)
            }
            inbox.setCancel(work.cancel)
        }
    }

    /// Runs the command of the command line and returns the exit code.
    @concurrent private static func run() async -> Int32 {
        LibXML2.refuseOtherDocuments()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if NATCtl.asksForVersion(arguments) { return show(NATCtl.version) }
        do {
            var command = try NATCtl.command(for: arguments)
            try await command.run()
            return 0
        } catch is CancellationError where Task.isCancelled {
            // The main thread knows by which signal.
            return EndCode.internal.rawValue
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return endOfParsing(error, arguments)
        }
    }

    /// Says what the argument parser has to say, a help or a mistake, and returns the exit code.
    private static func endOfParsing(_ error: any Error, _ arguments: [String]) -> Int32 {
        // ArgumentParser lays out a help even to tell its exit code, and finds its width by itself.
        unsafe setenv("COLUMNS", "\(NATCtl.helpColumns)", 1)
        let code = NATCtl.exitCode(for: error)
        switch code {
        case .success:
            return show(NATCtl.completed(NATCtl.fullMessage(for: error), for: arguments))
        case .validationFailure:
            let mistake = NATCtl.mistake(in: arguments, complaint: NATCtl.message(for: error))
            say(mistake.sentence)
            do throws(SystemError) {
                try StandardStream.error.writeLine(NATCtl.usage(of: mistake.command))
                return code.rawValue
            } catch {
                return EndCode.io.rawValue
            }
        // Of the parser's errors there is no other.
        default:
            say(bugMessage(error))
            return EndCode.internal.rawValue
        }
    }

    /// Prints a text on standard output and returns the exit code.
    private static func show(_ text: String) -> Int32 {
        do throws(SystemError) {
            try StandardStream.output.writeLine(text)
            return 0
        } catch {
            say(unwritable(StandardStream.output.name, error))
            return EndCode.io.rawValue
        }
    }
}

/// Runs `body` on other threads than the main one, which stays free for signals and sockets: a body
/// that prints while it works may have to wait for a slow reader.
func besideMainThread<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    try await withTaskExecutorPreference(globalConcurrentExecutor, operation: body)
}

extension NATCtl {
    /// Whether the arguments ask for the version, which is told without parsing them.
    static func asksForVersion(_ arguments: [String]) -> Bool {
        ["version", "-V", "--version"].contains(arguments.first)
    }

    /// The command that the arguments mean, of `map` with the COMMAND after `--`.
    static func command(for arguments: [String]) throws -> any AsyncParsableCommand {
        if arguments.first == "help", let topic = arguments.dropFirst().first,
            !topic.hasPrefix("-"), topic != "help", type(of: topic) == nil
        {
            throw ValidationError.noHelp(for: topic)
        }
        guard arguments.first == MapCommand.configuration.commandName else {
            return try parsedWithoutEmptyValues(arguments)
        }
        let words = arguments.split(
            separator: "--", maxSplits: 1, omittingEmptySubsequences: false
        ).map(Array.init)
        let command = try parsedWithoutEmptyValues(words[0])
        guard var map = command as? MapCommand else { return command }
        map.command = words.count > 1 ? words[1] : []
        if words.count > 1, map.command.isEmpty {
            throw ValidationError.noCommand
        }
        try map.validateHolding()
        return map
    }

    /// The command that the arguments mean, unless an option has an empty value: `--interface "$LAN"`
    /// must not count as not given when the script has not set LAN.
    private static func parsedWithoutEmptyValues(
        _ arguments: [String]
    ) throws -> any AsyncParsableCommand {
        let command = try parsed(arguments)
        // `--option=` and an empty word that is no value of an option are mistakes already.
        if let empty = arguments.dropFirst().firstIndex(of: ""),
            case let option = arguments[empty - 1], option.hasPrefix("-")
        {
            throw ValidationError.emptyValue(option)
        }
        return command
    }

    /// The command that the arguments mean to ArgumentParser.
    ///
    /// A subcommand alone takes half the time of the whole tree to parse, and natctl runs from
    /// scripts many times. What it does not take, help and mistakes among it, is for the tree, which
    /// knows what to say.
    ///
    /// The runtime finds out by a walk through thousands of records, each time anew, whether a type
    /// conforms to a protocol. So each configuration has a `_superCommandName`, without which
    /// ArgumentParser parses two hidden commands first, and types are named where they are known.
    private static func parsed(_ arguments: [String]) throws -> any AsyncParsableCommand {
        if let command = type(of: arguments.first)
            .flatMap({ alone($0, Array(arguments.dropFirst())) })
        {
            return command
        }
        var command = try parseAsRoot(arguments)
        if let command = command as? any AsyncParsableCommand { return command }
        // A help, which throws what it has to say.
        try command.run()
        throw ExitCode.success
    }

    /// The command of a name.
    private static func type(of name: String?) -> (any AsyncParsableCommand.Type)? {
        commands.first { $0.configuration.commandName == name }
    }

    /// How wide a help is: as `COLUMNS` or the terminal says, but with room for the meaning of an
    /// option, without which ArgumentParser leaves it out or traps.
    fileprivate static var helpColumns: Int {
        let wanted = environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        return max(40, wanted ?? StandardStream.output.page.columns ?? 80)
    }

    /// What is wrong with arguments that were not understood.
    fileprivate static func mistake(in arguments: [String], complaint: String) -> Mistake {
        guard let tree = try? CommandHelp.ofNATCtl() else {
            return Mistake(complaint, nil)
        }
        return Mistake(in: arguments, of: tree, complaint: complaint)
    }

    /// How a command is used, or natctl itself.
    fileprivate static func usage(of command: String?) -> String {
        let usage = type(of: command).map { usageString(for: $0) } ?? usageString()
        let help = ([name, command].compactMap(\.self) + ["--help"]).joined(separator: " ")
        let lines = usage.split(separator: "\n").joined(separator: "\n       ")
        return "Usage: \(lines)\n  See '\(help)' for more information."
    }

    /// A text of ArgumentParser's, a help or a shell's script, with what natctl adds to it.
    fileprivate static func completed(_ text: String, for arguments: [String]) -> String {
        if arguments.first?.hasPrefix("--generate-completion-script") == true {
            return CommandCompletion.added(to: text)
        }
        guard text.hasPrefix("OVERVIEW: ") else { return text }
        let command = arguments.first { $0 != "help" }
        let epilogue = HelpEpilogue.of(type(of: command) == nil ? nil : command)
        return (text.hasSuffix("\n") ? text : text + "\n") + epilogue.text
    }

    /// The command that its arguments mean without its tree.
    private static func alone<Command: AsyncParsableCommand>(
        _ type: Command.Type, _ arguments: [String]
    ) -> Command? {
        try? type.parseAsRoot(arguments) as? Command
    }
}
