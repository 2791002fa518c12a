import Dispatch

/// Runs an actor on a serial queue, whose thread may block; the shared pool's must not.
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// An executor of its own queue.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
