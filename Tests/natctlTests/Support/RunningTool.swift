import Foundation
import TestSupport
import Testing

/// A `natctl` that stays, as a test sees it while it runs.
struct RunningTool: Sendable {
    let process: pid_t
    fileprivate let folder: TemporaryFolder

    /// What it has written so far.
    var output: String { (try? folder.text("output")) ?? "" }
    var errors: String { (try? folder.text("errors")) ?? "" }
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The names of the events it has told.
    var events: [String] {
        lines.compactMap { line in
            line.firstMatch(of: /"event":"([A-Za-z]+)"/).map { String($0.1) }
        }
    }

    /// Whether it has ended, also where what it has started has not.
    var hasEnded: Bool {
        let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return state?.contains(") Z ") ?? true
    }

    /// The folders of its threads.
    private var threads: [String] {
        let folder = "/proc/\(process)/task"
        let threads = try? FileManager.default.contentsOfDirectory(atPath: folder)
        return (threads ?? []).map { "\(folder)/\($0)" }
    }

    /// How many threads it has.
    var threadCount: Int { threads.count }

    /// Whether it waits for somebody to read what it writes, as the kernel of a PC shows it: by
    /// poll(2), system call 7, of one descriptor, for 1000 ms at a time.
    var isWaitingForReader: Bool {
        threads.contains { thread in
            let call = try? String(contentsOfFile: "\(thread)/syscall", encoding: .utf8)
            return call?.firstMatch(of: #/^7 0x[0-9a-f]+ 0x1 0x3e8 /#) != nil
        }
    }

    /// Sends it a signal.
    func send(_ signal: Int32) { kill(process, signal) }

    /// Sends it a signal so late that it is no copy of the one before.
    func sendLater(_ signal: Int32) async throws {
        try await Task.sleep(for: .milliseconds(1200))
        send(signal)
    }
}

extension ToolBehindGateway {
    /// Runs natctl or another program, with words as a shell splits them, lends it to `body`, and
    /// waits for its end.
    ///
    /// Every JSON line it has printed is held against the schema.
    func running(
        _ arguments: String, of program: String = "natctl", environment: [String: String] = [:],
        body: (RunningTool) async throws -> Void
    ) async throws -> CommandOutcome {
        let folder = try TemporaryFolder()
        let path = folder.url.path
        let script =
            "echo $$ >\(path)/process; exec \(program) \(arguments) >\(path)/output 2>\(path)/errors"
        async let ending = shell(script, environment: environment)
        try await condition { (try? folder.text("errors")) != nil }
        let process = try #require(
            pid_t(try folder.text("process").trimmingCharacters(in: .newlines)))
        let tool = RunningTool(process: process, folder: folder)
        do {
            try await body(tool)
            try await condition { tool.hasEnded }
        } catch {
            tool.send(SIGKILL)
            throw error
        }
        tool.send(SIGKILL)
        var outcome = try await ending
        (outcome.output, outcome.errors) = (tool.output, tool.errors)
        if DocumentSchema.isAvailable {
            for line in (tool.output + tool.errors).split(separator: "\n") where line.first == "{" {
                try await DocumentSchema.shared.check(String(line))
            }
        }
        return outcome
    }
}
