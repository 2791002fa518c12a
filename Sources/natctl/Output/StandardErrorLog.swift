import Dispatch
import Logging
import NATTraversal

/// The library's log on standard error: a line for each message, as the rest of natctl's lines.
///
/// Written by a thread of its own, because who logs is renewing mappings, and must not wait for a
/// reader who does not read.
final class StandardErrorLog: Sendable {
    static let shared = StandardErrorLog()

    /// Of more lines that nobody reads the newest are left out.
    private static let capacity = 10_000

    private struct State {
        var waiting = 0
        var leftOut = 0
    }

    private let queue = DispatchQueue(label: "log")
    private let state = Locked(State())

    /// Makes the library's log go there; without `-v` there is none.
    static func setUp(verbosity: Int) {
        LoggingSystem.bootstrap { _ in
            guard verbosity > 0 else { return SwiftLogNoOpLogHandler() }
            return StandardErrorLogHandler(logLevel: verbosity > 1 ? .trace : .debug)
        }
    }

    fileprivate func add(_ line: String) {
        let isTaken = state.withLock { state in
            let isTaken = state.waiting < Self.capacity
            if isTaken { state.waiting += 1 } else { state.leftOut += 1 }
            return isTaken
        }
        guard isTaken else { return }
        queue.async { [self] in
            say(.log(line))
            let leftOut = state.withLock { state in
                defer { state.leftOut = 0 }
                state.waiting -= 1
                return state.leftOut
            }
            if leftOut > 0 { say(.log("\(leftOut) lines of the log are left out")) }
        }
    }

    /// Waits until all is written, so that what is said next stands after it.
    ///
    /// - Parameter limit: for how long at most; `nil` is for as long as it takes.
    func flush(within limit: Duration? = nil) {
        guard state.current.waiting > 0 else { return }
        let written = DispatchSemaphore(value: 0)
        queue.async { written.signal() }
        let milliseconds = limit.map { Int($0 / .milliseconds(1)) }
        _ = written.wait(
            timeout: milliseconds.map { .now() + .milliseconds($0) } ?? .distantFuture)
    }
}

private struct StandardErrorLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        StandardErrorLog.shared.add(event.message.description)
    }
}
