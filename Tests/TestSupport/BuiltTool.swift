package import Foundation

/// Runs programs that were built or are part of the project, as users would.
package enum BuiltTool {
    /// Runs a program until it ends.
    ///
    /// - Parameters:
    ///   - program: its file.
    ///   - arguments: its arguments.
    ///   - environment: variables beside those of the tests; natctl's own are not inherited.
    ///   - input: what it reads.
    /// - Returns: how it ended.
    /// - Throws: what `Process` throws, and `DocumentSchema.Violation` where it prints a document
    ///   that the schema does not allow.
    package static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:],
        input: String = ""
    ) async throws -> CommandOutcome {
        let inherited = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("NATCTL_")
        }
        let outcome = try await withCheckedThrowingContinuation { continuation in
            // A thread of its own may block; the pool's must not.
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try finish(
                            program, arguments, inherited.merging(environment) { $1 }, input)
                    })
            }
        }
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

    private static func finish(
        _ program: URL, _ arguments: [String], _ environment: [String: String], _ input: String
    ) throws -> CommandOutcome {
        let child = Process()
        let texts = try TemporaryFolder()
        let start = ContinuousClock.now
        child.executableURL = program
        child.arguments = arguments
        child.environment = environment
        child.currentDirectoryURL = ProjectFiles.root
        // Files, because a full pipe that nobody reads would stop the child.
        try Data(input.utf8).write(to: texts.url.appendingPathComponent("input"))
        child.standardInput = try FileHandle(
            forReadingFrom: texts.url.appendingPathComponent("input"))
        child.standardOutput = try texts.newFile("output")
        child.standardError = try texts.newFile("errors")
        try child.runUnblocked()
        child.waitUntilExit()
        let signal: Int32 = child.terminationReason == .uncaughtSignal ? 128 : 0
        return CommandOutcome(
            status: signal + child.terminationStatus, output: try texts.text("output"),
            errors: try texts.text("errors"), seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
