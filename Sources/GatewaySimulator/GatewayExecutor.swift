import Dispatch

/// Runs a simulated gateway's tasks on a thread of their own.
///
/// A gateway is another machine: however busy the tests keep this process's pool, its answers must
/// not come late.
final class GatewayExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "gateway")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
