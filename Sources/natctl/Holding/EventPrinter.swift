import Glibc
import NATTraversal
import NATTraversalSupport

/// Prints events for the reader.
///
/// On a thread of its own, so that a slow reader delays nothing else.
actor EventPrinter {
    /// Something to print.
    enum Line: Sendable {
        case event(MapperEvent)
        /// The bare answer of `map --quiet`.
        case ports([PortNumber])
        /// What natctl says besides.
        case remark(String)
    }

    private let audience: EventAudience
    /// Called when nobody reads any more.
    private let onClosedOutput: @Sendable () -> Void
    private let executor = QueueExecutor(label: "events")
    private var hasComplained = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ audience: EventAudience, onClosedOutput: @escaping @Sendable () -> Void = {}) {
        self.audience = audience
        self.onClosedOutput = onClosedOutput
    }

    /// Prints a line, or nothing where it is not for this reader.
    func print(_ line: Line) {
        switch line {
        case .event(let event): print(EventOutput(event: event))
        case .ports(let ports): write(ports.map(\.description).joined(separator: "\n"))
        case .remark(let remark): say(.remark(remark))
        }
    }

    private func print(_ output: EventOutput) {
        for warning in output.warnings { say(.warning(warning.message)) }
        if audience.format == .quiet, !audience.isWatch { return }
        if audience.format == .text, !audience.printsRenewals, case .renewed = output.event.change {
            return
        }
        let page = audience.format == .text ? audience.stream.page : Page()
        if let text = audience.format.render(output, on: page) { write(text) }
    }

    private func write(_ text: String) {
        do throws(SystemError) { try audience.stream.writeLine(text) } catch {
            // As SIGPIPE ends what prints for somebody; beside COMMAND events are of less importance.
            if error.code == EPIPE, audience.stream == .output { return onClosedOutput() }
            if !hasComplained { say(unwritable(audience.stream.name, error)) }
            hasComplained = true
        }
    }
}

/// Everybody who is to learn of events: the reader, the hook, and what started natctl.
struct EventAudience: Sendable {
    var format = OutputFormat.text
    var stream = StandardStream.output
    /// Whether renewals are printed for people too.
    var printsRenewals = false
    /// Whether `--quiet` prints events.
    var isWatch = false
    var hooks: HookQueue?
    var service: ServiceManager?
}
