import Glibc
import NATTraversal
import Processes

/// The command of `--on-change`.
struct Hook: Sendable {
    /// An event to be told.
    struct Call: Sendable {
        /// Its name.
        var event: String
        /// Makes its document, which is long where many ports are mapped, and many may wait.
        var document: @Sendable () -> String
        var variables: [String: String?]
    }

    /// What `sh -c` runs.
    var command: String
    /// When it is killed.
    var limit = Duration.seconds(30)

    /// Runs it for one event.
    ///
    /// - Returns: what went wrong, if something did.
    func run(_ call: Call) async -> String? {
        let child: ChildProcess
        do throws(SystemError) {
            let input = try MemoryFile(call.document() + "\n")
            child = try ChildProcess(
                ["/bin/sh", "-c", command], environment: call.variables, input: input.descriptor,
                output: STDERR_FILENO, leadsGroup: true)
        } catch {
            return "the hook for \(call.event) could not be run: \(error.reason)"
        }
        switch await status(of: child) {
        case nil where Task.isCancelled: return "the hook for \(call.event) was killed at the end"
        case nil:
            return "the hook for \(call.event) took over \(durationText(limit)) and was killed"
        case 0: return nil
        case let status? where status > 128:
            return "the hook for \(call.event) was ended by signal \(status - 128)"
        case let status?: return "the hook for \(call.event) ended with \(status)"
        }
    }

    /// Its exit status; `nil` where it was killed, because its time was over or the task cancelled.
    private func status(of child: ChildProcess) async -> Int32? {
        await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await child.status() }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            let status = await group.next() ?? nil
            if status == nil { child.send(SIGKILL) }
            group.cancelAll()
            return status
        }
    }
}
