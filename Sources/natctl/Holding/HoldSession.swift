import Glibc
import NATTraversal

/// Tells what happens to what is held or watched, until something ends it, and lets go then.
struct HoldSession: Sendable {
    /// How long hooks may still run after everything is let go.
    private static let patience = Duration.seconds(30)

    let source: EventSource
    let audience: EventTeller.Audience
    let control: HoldControl

    /// - Returns: why it has ended.
    func run() async -> HoldControl.Ending {
        let teller = EventTeller(audience) { control.end(.signal(SIGPIPE)) }
        return await withTaskGroup(of: Part.self) { group in
            group.addTask {
                for await event in source.events { await teller.tell(event) }
                audience.hooks?.finish()
                return .events
            }
            group.addTask {
                await audience.hooks?.run { await teller.warn($0) }
                return .hooks
            }
            let ending = await control.ending
            control.stops()
            audience.service?.tell("STOPPING=1")
            let report = await source.stop()
            for warning in report.warnings { say("warning: \(warning.message)") }
            for failure in report.failures {
                say(
                    "\(failure.transport.rawValue) \(failure.internalPort) may still be mapped: "
                        + failure.error.userMessage)
            }
            group.addTask {
                try? await Task.sleep(for: Self.patience)
                return .patience
            }
            var parts: Set<Part> = [.events, .hooks]
            while !parts.isEmpty, let part = await group.next(), part != .patience {
                parts.remove(part)
            }
            group.cancelAll()
            return ending
        }
    }

    /// What goes on at once.
    private enum Part { case events, hooks, patience }
}
