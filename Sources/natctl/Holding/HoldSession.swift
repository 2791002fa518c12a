import Glibc
import NATTraversal

/// Tells what happens to what is held or watched, until something ends it, and lets go then.
struct HoldSession: Sendable {
    /// How long hooks, and readers, are waited for after everything is let go.
    private static let patience = Duration.seconds(30)
    /// Of more lines that nobody reads the oldest are passed over, as each tells the whole state.
    private static let capacity = 4096

    let source: EventSource
    let audience: EventAudience
    let control: HoldControl
    /// What is shown before the events.
    var beginning: [EventPrinter.Line] = []

    /// - Returns: why it has ended.
    func run() async -> HoldControl.Ending {
        let (lines, outbox) = AsyncStream.makeStream(
            of: EventPrinter.Line.self, bufferingPolicy: .bufferingNewest(Self.capacity))
        for line in beginning { outbox.yield(line) }
        let (shown, allIsShown) = AsyncStream<Never>.makeStream()
        let teller = EventPrinter(audience) { control.end(.signal(SIGPIPE)) }
        // No child of this task, which would wait for it: a write to a reader who does not read
        // cannot be cancelled.
        Task {
            for await line in lines { await teller.show(line) }
            allIsShown.finish()
        }
        let (ending, deadline) = await followEvents(outbox)
        outbox.finish()
        await wait(for: shown, until: max(deadline, .now + .seconds(1)))
        return ending
    }

    /// Lets hooks and the service manager know of events, and passes them on to be shown.
    ///
    /// - Returns: why it has ended, and how long readers may take.
    private func followEvents(
        _ outbox: AsyncStream<EventPrinter.Line>.Continuation
    ) async -> (HoldControl.Ending, ContinuousClock.Instant) {
        await withTaskGroup(of: Part.self) { group in
            group.addTask {
                var notifier = EventNotifier(audience)
                for await event in source.events {
                    notifier.notify(of: event)
                    outbox.yield(.event(event))
                }
                audience.hooks?.finish()
                return .events
            }
            group.addTask {
                await audience.hooks?.run {
                    outbox.yield(.event(MapperEvent(.warning($0), at: .now)))
                }
                return .hooks
            }
            let ending = await control.ending
            control.stops()
            audience.service?.tell("STOPPING=1")
            for remark in await source.stop().remarksAtEnd { outbox.yield(.remark(remark)) }
            let deadline = ContinuousClock.now + Self.patience
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return .patience
            }
            var parts: Set<Part> = [.events, .hooks]
            while !parts.isEmpty, let part = await group.next(), part != .patience {
                parts.remove(part)
            }
            group.cancelAll()
            return (ending, deadline)
        }
    }

    private func wait(
        for shown: AsyncStream<Never>, until deadline: ContinuousClock.Instant
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in shown {} }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What goes on at once.
    private enum Part { case events, hooks, patience }
}

extension MappingReport {
    /// What there is to be said after everything was let go.
    fileprivate var remarksAtEnd: [String] {
        warnings.map { "warning: \($0.message)" }
            + failures.map {
                "\($0.transport.rawValue) \($0.internalPort) may still be mapped: "
                    + $0.error.userMessage
            }
    }
}
