import CSystemCalls
import Dispatch
import Glibc
import NATTraversal
import NATTraversalSupport

/// Does what signals mean, on the main thread, so that nothing that hangs elsewhere is in the way.
final class HoldControl: Sendable {
    /// Why a command that stays comes to its end.
    enum Ending: Equatable, Sendable {
        case signal(Int32)
        /// COMMAND has ended with this status.
        case command(Int32)
    }

    private struct State {
        var signals: HoldSignals
        var cancelStart: (@Sendable () -> Void)?
        var refresh: (@Sendable () -> Void)?
        var child: ChildProcess?
        var ending: Ending?
    }

    private let state: Locked<State>
    private let endings: AsyncStream<Ending>
    private let continuation: AsyncStream<Ending>.Continuation

    init(hasCommand: Bool) {
        state = Locked(State(signals: HoldSignals(hasCommand: hasCommand)))
        (endings, continuation) = AsyncStream.makeStream(
            of: Ending.self, bufferingPolicy: .bufferingOldest(1))
    }

    /// Takes the signals of this process over, which stays for weeks.
    func takeOver(_ inbox: SignalInbox) {
        csystem_give_memory_back()
        inbox.takeOver { [self] in receive($0) }
        inbox.catchUnlessIgnored(SIGHUP, SIGPIPE)
        if state.current.signals.hasCommand {
            inbox.catchUnlessIgnored(SIGQUIT, SIGUSR1, SIGUSR2)
        }
    }

    /// Runs what makes the mappings; a signal cancels it.
    ///
    /// - Throws: what `body` throws, `CancellationError` after a signal.
    func starting<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await body() }
        // One that came before the signals were taken over has cancelled this task.
        let isOver = state.withLock { state in
            state.cancelStart = { task.cancel() }
            return state.ending != nil || Task.isCancelled
        }
        if isOver { task.cancel() }
        return try await task.value
    }

    /// Mappings are held from now on.
    ///
    /// - Parameters:
    ///   - refresh: what SIGHUP does.
    ///   - start: starts COMMAND, unless it is to end already; the next signal waits for it, so
    ///     that COMMAND gets every one.
    /// - Returns: what was started.
    @discardableResult func holds(
        refresh: @escaping @Sendable () -> Void, start: () -> ChildProcess? = { nil }
    ) -> ChildProcess? {
        state.withLock { state in
            state.refresh = refresh
            if state.ending == nil { state.child = start() }
            state.signals.phase = .holding
            return state.child
        }
    }

    /// The first reason to end, once there is one.
    var ending: Ending {
        get async {
            for await ending in endings { return ending }
            return .signal(SIGTERM)
        }
    }

    /// The reason to end, if there is one.
    var endingSoFar: Ending? { state.current.ending }

    /// Something ends it; what comes later is no reason.
    func end(_ ending: Ending) {
        let isFirst = state.withLock { state in
            defer { state.ending = state.ending ?? ending }
            return state.ending == nil
        }
        if isFirst { ReaderTimeLimit.extend(by: ReaderTimeLimit.atEnd) }
        continuation.yield(ending)
    }

    /// The mappings are let go from now on.
    func stops() { state.withLock { $0.signals.phase = .stopping } }

    /// Does what a signal means that came at this time.
    func receive(_ signal: ReceivedSignal, at now: ContinuousClock.Instant = .now) {
        let (action, state) = state.withLock { state in
            (state.signals.received(signal, at: now), state)
        }
        switch action {
        case .nothing: break
        case .refresh: state.refresh?()
        case .pass(let number): state.child?.send(number)
        case .passAndLeave(let number):
            state.child?.send(number)
            // Deletes what it can until then.
            end(.signal(number))
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.lastMoment) {
                Self.leave(by: number, taking: state.child)
            }
        case .stop(let number):
            end(.signal(number))
            // Looked for after the end is known: `starting` looks the other way round.
            self.state.current.cancelStart?()
        case .leave(let number): Self.leave(by: number, taking: state.child)
        }
    }

    /// How long COMMAND has to obey the second signal, which may be another one than the first.
    private static let lastMoment = DispatchTimeInterval.milliseconds(500)

    /// Ends natctl, COMMAND and the hooks.
    private static func leave(by signal: Int32, taking child: ChildProcess?) {
        ChildProcess.killGroups()
        child?.send(SIGKILL)
        _exit(128 + signal)
    }
}
