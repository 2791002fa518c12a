import Glibc
import NATTraversal
import Processes

/// Tells events to everybody who is to hear of them: the reader, the hook, and what started natctl.
///
/// On a thread of its own, because a reader who does not read keeps it waiting.
actor EventTeller {
    struct Audience: Sendable {
        var format = OutputFormat.text
        var stream = StandardStream.output
        /// Whether people hear of renewals too.
        var tellsRenewals = false
        /// Whether `--quiet` shows events.
        var isWatch = false
        var hooks: HookQueue?
        var service: ServiceManager?
    }

    private let audience: Audience
    /// Called when nobody reads any more.
    private let onClosedOutput: @Sendable () -> Void
    private let executor = QueueExecutor(label: "events")
    private var present = PresentMappings()
    private var hasComplained = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ audience: Audience, onClosedOutput: @escaping @Sendable () -> Void = {}) {
        self.audience = audience
        self.onClosedOutput = onClosedOutput
    }

    /// Tells an event.
    func tell(_ event: MapperEvent) {
        present.note(event.change)
        show(EventOutput(event: event))
        if let status = audience.isWatch ? event.change.text : status(after: event.change) {
            audience.service?.tell("STATUS=\(status)")
        }
        guard event.change.isForHooks, let hooks = audience.hooks else { return }
        hooks.add(
            Hook.Call(
                event: event.change.name,
                document: { OutputFormat.json.render(EventOutput(event: event)) ?? "" },
                variables: event.change.variables(first: present.first)))
    }

    /// Tells a warning of natctl's own.
    func warn(_ warning: MapperWarning) {
        tell(MapperEvent(.warning(warning), at: .now))
    }

    private func status(after change: MapperEvent.Change) -> String? {
        if case .renewed = change { return nil }
        return change.mapping == nil ? nil : present.status
    }

    private func show(_ output: EventOutput) {
        for warning in output.warnings { say("warning: \(warning.message)") }
        if audience.format == .quiet, !audience.isWatch { return }
        if audience.format == .text, !audience.tellsRenewals, case .renewed = output.event.change {
            return
        }
        guard let text = audience.format.render(output) else { return }
        do throws(SystemError) { try audience.stream.writeLine(text) } catch {
            // As SIGPIPE ends what is shown to somebody; COMMAND's errors are shown on the side.
            if error.code == EPIPE, audience.stream == .output { return onClosedOutput() }
            if !hasComplained { say("\(audience.stream.name) cannot be written: \(error.reason)") }
            hasComplained = true
        }
    }
}

extension MapperEvent.Change {
    /// Whether hooks hear of it.
    fileprivate var isForHooks: Bool {
        switch self {
        case .renewed, .askingFailed, .warning: false
        default: true
        }
    }
}
