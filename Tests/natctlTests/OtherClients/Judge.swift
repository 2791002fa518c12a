import Foundation
import TestSupport
import Testing

/// The programs of others by which the simulated gateway is judged.
enum Judge {
    /// A script of this target's `tools` folder.
    static func tool(_ name: String) -> URL {
        ProjectFiles.root.appendingPathComponent("Tests/natctlTests/tools/\(name)")
    }

    /// Runs one of those scripts behind a simulator on port 5351, in a network of its own.
    ///
    /// The running test ends, with the reason, where a program is not installed that the script
    /// needs or where such a network cannot be made.
    static func run(
        _ script: String, needing programs: String..., simulator arguments: String...
    ) async throws -> CommandOutcome {
        let alone = tool("alone")
        for program in programs {
            let outcome = try await BuiltTool.run(alone, ["sh", "-c", "command -v \(program)"])
            if outcome.status != 0 {
                try Test.cancel("\(program) cannot be run in a network of its own")
            }
        }
        return try await BuiltTool.run(
            alone,
            [ProjectFiles.simulator.path, "--port", "5351"] + arguments + ["--", tool(script).path])
    }
}
