import Glibc
import NATTraversal

/// Prints what happens to what is held or watched until something ends it, and lets go then.
struct HoldSession: Sendable {
    /// How long hooks are waited for after everything is let go.
    private static let hookWait = Duration.seconds(30)
    /// Of more lines that nobody reads the oldest are passed over, as each tells the whole state.
    private static let capacity = 4096

    let source: EventSource
    let audience: EventAudience
    let control: HoldControl
    /// What is printed before the events.
    var beginning: [EventPrinter.Line] = []

    /// - Returns: why it has ended.
    func run() async -> HoldControl.Ending {
        let (lines, outbox) = AsyncStream.makeStream(
            of: EventPrinter.Line.self, bufferingPolicy: .bufferingNewest(Self.capacity))
        for line in beginning { outbox.yield(line) }
        let (printed, allIsPrinted) = AsyncStream<Never>.makeStream()
        let printer = EventPrinter(audience) { control.end(.signal(SIGPIPE)) }
        // No child of this task, which would wait for it: a write that nobody reads cannot be
        // cancelled.
        Task {
            for await line in lines { await printer.print(line) }
            allIsPrinted.finish()
        }
        let ending = await followEvents(outbox)
        outbox.finish()
        // A write that nobody reads fails then, and a little later that is said.
        let deadline = ReaderTimeLimit.extend(by: .seconds(1)) + .milliseconds(100)
        await wait(for: printed, until: deadline)
        return ending
    }

    /// Lets hooks and the service manager know of events, and passes them on to be printed.
    ///
    /// - Returns: why it has ended.
    private func followEvents(
        _ outbox: AsyncStream<EventPrinter.Line>.Continuation
    ) async -> HoldControl.Ending {
        await withTaskGroup(of: Part.self) { group in
            group.addTask {
                var notifier = EventNotifier(audience)
                for await round in source.rounds {
                    notifier.notify(of: round)
                    for event in round { outbox.yield(.event(event)) }
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
            group.addTask {
                try? await Task.sleep(for: Self.hookWait)
                return .timeLimit
            }
            var parts: Set<Part> = [.events, .hooks]
            while !parts.isEmpty, let part = await group.next(), part != .timeLimit {
                parts.remove(part)
            }
            group.cancelAll()
            return ending
        }
    }

    private func wait(
        for printed: AsyncStream<Never>, until deadline: ContinuousClock.Instant
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in printed {} }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What goes on at once.
    private enum Part { case events, hooks, timeLimit }
}
