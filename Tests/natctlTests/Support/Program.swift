import Foundation

/// Another program, run to its end.
struct Program {
    /// How it ended and what it said.
    struct Outcome: Sendable {
        /// The exit status, or the signal that ended it.
        var status: Int32
        var output: String
        var errors: String
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// A product of this package, where `swift build` puts it.
    static func product(_ name: String) -> String {
        Bundle.main.bundleURL.appending(path: name).path
    }

    /// A script of this target's `tools` folder.
    static func tool(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "tools").appending(path: name).path
    }

    /// Runs a program found by PATH, with nothing on its standard input.
    ///
    /// Its output goes to files, because a pipe's end would have to be read by a blocked thread.
    static func run(
        _ command: String..., environment: [String: String] = [:]
    ) async throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["output", "errors"].map { folder.appending(path: $0) }
        for file in files { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Outcome(status: process.terminationStatus, output: texts[0], errors: texts[1])
    }
}
