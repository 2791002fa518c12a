package import Foundation

/// Runs programs that were built or are part of the project, as users would.
package enum BuiltTool {
    /// Runs a program until it ends.
    ///
    /// - Parameters:
    ///   - program: its file.
    ///   - arguments: its arguments.
    ///   - environment: variables beside those of the tests; natctl's own are not inherited.
    /// - Returns: how it ended.
    /// - Throws: what `Process` throws, and `DocumentSchema.Violation` where it prints a document
    ///   that the schema does not allow.
    package static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> CommandOutcome {
        let inherited = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("NATCTL_")
        }
        let texts = try TemporaryFolder()
        let child = Process()
        child.executableURL = program
        child.arguments = arguments
        child.environment = inherited.merging(environment) { $1 }
        child.currentDirectoryURL = ProjectFiles.root
        child.standardInput = FileHandle.nullDevice
        // Files, because a pipe wants a thread that reads it.
        let (output, errors) = (try texts.newFile("output"), try texts.newFile("errors"))
        child.standardOutput = output
        child.standardError = errors
        // Process keeps them, and a process with more than a thousand open files cannot use it.
        defer { for file in [output, errors] { try? file.close() } }
        let start = ContinuousClock.now
        // Nobody blocks until the child ends: Dispatch has as many threads as there are cores, and
        // the simulated gateway that the child asks needs them.
        try await withCheckedThrowingContinuation { continuation in
            child.terminationHandler = { _ in continuation.resume() }
            do { try child.runUnblocked() } catch { continuation.resume(throwing: error) }
        }
        child.terminationHandler = nil
        let signal: Int32 = child.terminationReason == .uncaughtSignal ? 128 : 0
        let outcome = CommandOutcome(
            status: signal + child.terminationStatus, output: try texts.text("output"),
            errors: try texts.text("errors"), seconds: (ContinuousClock.now - start) / .seconds(1))
        if arguments.contains("--json") { try await outcome.checkDocument() }
        return outcome
    }

    /// Runs the built `natctl` with words that hold no blanks.
    package static func natctl(
        _ arguments: String, environment: [String: String] = [:]
    ) async throws -> CommandOutcome {
        try await run(
            ProjectFiles.natctl, arguments.split(separator: " ").map(String.init),
            environment: environment)
    }
}
