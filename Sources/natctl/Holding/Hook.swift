import Glibc
import NATTraversal
import NATTraversalSupport

/// The command of `--on-change`.
struct Hook: Sendable {
    /// Events to be told at once: what has come of one answer.
    struct Call: Sendable {
        /// The name of the first.
        var event: String
        /// How many there are.
        var count: Int
        /// Makes a line for each, long ones where many ports are mapped, and many may wait.
        var document: @Sendable () -> String
        /// Those of the first.
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

    /// Runs it for the events of a call.
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

extension Hook.Call {
    /// The call that tells these events; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - events: the events, in order.
    ///   - firstMapping: the mapping to name where the first event is about none.
    init?(_ events: [MapperEvent], firstMapping: Mapping?) {
        guard let first = events.first else { return nil }
        event = first.change.name
        count = events.count
        document = {
            events.compactMap { OutputFormat.json.render(EventOutput(event: $0)) }
                .joined(separator: "\n")
        }
        variables = first.change.variables(first: firstMapping)
    }
}
