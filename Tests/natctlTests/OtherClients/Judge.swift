import Testing

/// The programs of others by which the simulated gateway is judged.
enum Judge {
    /// Ends the running test unless all of them are installed, in a place where networks of one's own can be made.
    ///
    /// Where not, the running test is cancelled with the reason.
    static func require(_ programs: String...) async throws {
        for program in programs {
            let outcome = try await Program.run("sh", "-c", "command -v \(program)")
            if outcome.status != 0 { try Test.cancel("\(program) is not installed") }
        }
        let outcome = try await Program.run(Program.tool("alone"), "true")
        if outcome.status != 0 { try Test.cancel("no network namespaces here: \(outcome.errors)") }
    }
}
