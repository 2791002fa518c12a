import NATTraversal

/// Runs a hook for one call after the other; whoever adds one never waits.
struct HookQueue: Sendable {
    /// How many calls wait at most; of more the oldest are passed over, as each tells the whole state.
    private static let capacity = 1024

    private let hook: Hook
    private let calls: AsyncStream<Hook.Call>
    private let continuation: AsyncStream<Hook.Call>.Continuation
    private let missed = Locked(0)

    init(_ hook: Hook) {
        self.hook = hook
        (calls, continuation) = AsyncStream.makeStream(
            of: Hook.Call.self, bufferingPolicy: .bufferingNewest(Self.capacity))
    }

    /// Lets a call be made after those that wait.
    func add(_ call: Hook.Call) {
        if case .dropped(let dropped) = continuation.yield(call) {
            missed.withLock { $0 += dropped.count }
        }
    }

    /// No call comes any more.
    func finish() { continuation.finish() }

    /// Runs the hook until the queue is finished and empty, or the task cancelled.
    func run(onFailure: (MapperWarning) async -> Void) async {
        for await call in calls {
            if let failure = await hook.run(call) {
                await onFailure(.hookFailed(failure.message))
            }
            let missed = missed.withLock { missed in
                defer { missed = 0 }
                return missed
            }
            if missed > 0 {
                await onFailure(.hookFailed(Hook.Failure.missed(missed).message))
            }
        }
    }
}
