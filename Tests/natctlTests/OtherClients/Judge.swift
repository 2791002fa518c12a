import Foundation
import TestSupport
import Testing

/// The programs of others by which the simulated gateway is judged.
enum Judge {
    /// A script of this target's `tools` folder.
    static func tool(_ name: String) -> URL {
        ProjectFiles.root.appendingPathComponent("Tests/natctlTests/tools/\(name)")
    }

    /// Ends the running test, with the reason, where a program is not installed or cannot be run in
    /// a network of its own.
    static func need(_ programs: [String]) async throws {
        for program in programs {
            let outcome = try await BuiltTool.run(
                tool("alone"), ["sh", "-c", "command -v \(program)"])
            if outcome.status != 0 {
                try Test.cancel("\(program) cannot be run in a network of its own")
            }
        }
    }

    /// Runs one of those scripts behind a simulator on port 5351, in a network of its own, where
    /// there are the `programs` that the script needs.
    static func run(
        _ script: String, needing programs: String..., simulator arguments: String...
    ) async throws -> CommandOutcome {
        try await need(programs)
        return try await BuiltTool.run(
            tool("alone"),
            [ProjectFiles.simulator.path, "--port", "5351"] + arguments + ["--", tool(script).path])
    }

    /// Runs one of those Python programs, with `arguments`, on a LAN client whose gateway is a
    /// simulator on another host, where there are the `programs` and the `module` that it needs.
    static func runOnLAN(
        _ script: String, _ arguments: String..., needing programs: String...,
        module: String? = nil, simulator options: String...
    ) async throws -> CommandOutcome {
        try await need(["ip", python] + programs)
        if let module {
            let outcome = try await BuiltTool.run(
                ProjectFiles.root.appendingPathComponent(python), ["-c", "import \(module)"])
            if outcome.status != 0 { try Test.cancel("Python has no \(module)") }
        }
        return try await BuiltTool.run(
            tool("lan"),
            [ProjectFiles.simulator.path] + options + ["--", python, tool(script).path] + arguments)
    }

    /// The Python that has the packages of `Scripts/setup`.
    private static let python = ".build/python/bin/python3"
}
