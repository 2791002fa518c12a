import Foundation
import NATTraversal
import NATTraversalSupport
import TestSupport
import Testing

@Suite("Programs that natctl runs") struct ChildProcessTests {
    /// What a shell's script prints.
    private func output(
        of script: String, environment: [String: String?]
    ) async throws -> String {
        let folder = try TemporaryFolder()
        let file = try folder.newFile("output")
        let child = try ChildProcess(
            ["sh", "-c", script], environment: environment, output: file.fileDescriptor)
        #expect(await child.status() == 0)
        return try folder.text("output")
    }

    @Test("end as they say", arguments: [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)])
    func end(script: String, status: Int32) async throws {
        let child = try ChildProcess(["sh", "-c", script], environment: [:])
        #expect(await child.status() == status)
        // The number may be another's now.
        child.send(SIGKILL)
    }

    @Test("that cannot be run are told with the system's reason")
    func cannotRun() {
        let error = #expect(throws: SystemError.self) {
            try ChildProcess(["no-such-program"], environment: [:])
        }
        #expect(error?.code == ENOENT)
    }

    @Test("find the variables changed, added and removed")
    func findVariables() async throws {
        #expect(
            try await output(
                of: #"echo "$NEW ${HOME-none} ${PATH:+path}""#,
                environment: ["NEW": "new", "HOME": nil]) == "new none path\n")
    }

    @Test("hear every signal, also those that Dispatch's threads block")
    func hearSignals() async throws {
        let child = try ChildProcess(["sleep", "60"], environment: [:])
        child.send(SIGTERM)
        #expect(await child.status() == 128 + SIGTERM)
    }
}
