import Glibc
import NATTraversal
import NATTraversalSupport

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

    /// Why an event was not told as it should be.
    enum Failure: Equatable, Sendable {
        case notStarted(event: String, SystemError)
        /// Because natctl ended.
        case killedAtEnd(event: String)
        case tooSlow(event: String, limit: Duration)
        /// With an exit status, 128+n where signal n ended it.
        case ended(event: String, status: Int32)
        /// So many events were passed over.
        case missed(Int)
    }

    /// What `sh -c` runs.
    var command: String
    /// When it is killed.
    var limit = Duration.seconds(30)

    /// Runs it for one event.
    ///
    /// - Returns: what went wrong, if something did.
    func run(_ call: Call) async -> Failure? {
        let child: ChildProcess
        do throws(SystemError) {
            let input = try MemoryFile(call.document() + "\n")
            child = try ChildProcess(
                ["/bin/sh", "-c", command], environment: call.variables, input: input.descriptor,
                output: STDERR_FILENO, leadsGroup: true)
        } catch {
            return .notStarted(event: call.event, error)
        }
        switch await status(of: child) {
        case nil where Task.isCancelled: return .killedAtEnd(event: call.event)
        case nil: return .tooSlow(event: call.event, limit: limit)
        case 0: return nil
        case let status?: return .ended(event: call.event, status: status)
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
