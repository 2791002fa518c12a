import Foundation
import NATTraversalSupport
import TestSupport

/// A running lab: hosts in namespaces, a real router daemon, and the built `natctl` (see `lab`).
///
/// An actor on a queue of its own, because it waits for its child by blocking.
actor Lab {
    enum Failure: Error {
        case cannotStart(status: Int32)
        case ended
        case notInTime(String)
    }

    enum Host: String {
        case client, client2, lan, router, router2, wan, vpn, container, outer
    }

    private let executor = QueueExecutor(label: "lab")
    private let child = Process()
    private let requests = Pipe()
    private let answers = Pipe()
    private var unread = Data()

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Lends a new lab to `body` and takes it down afterwards; as many at once as there are cores.
    ///
    /// With `asNobody`, root gives up being root first.
    static func run(
        _ options: [LabOption], asNobody: Bool = false, body: (Lab) async throws -> Void
    ) async throws {
        await Turnstile.processes.enter()
        let lab = Lab()
        let outcome: Result<Void, any Error>
        do {
            try await lab.start(options, asNobody: asNobody)
            outcome = .success(try await body(lab))
        } catch {
            outcome = .failure(error)
        }
        await lab.stop()
        await Turnstile.processes.leave()
        try outcome.get()
    }

    /// The same with the options as arguments.
    static func run(_ options: LabOption..., body: (Lab) async throws -> Void) async throws {
        try await run(options, body: body)
    }

    /// Runs `command`, given in words without quotes, on `host` until it ends.
    @discardableResult func on(_ host: Host, _ command: String) throws -> CommandOutcome {
        try finish(try start(command, on: host))
    }

    /// Runs a command whose words may hold blanks on `host` until it ends.
    @discardableResult func on(_ host: Host, words: [String]) throws -> CommandOutcome {
        try finish(try start(words: words, on: host))
    }

    /// Runs the built tool on `host`, as a new process each time, and checks its document.
    @discardableResult func natctl(_ arguments: String, on host: Host = .client) async throws
        -> CommandOutcome
    {
        let outcome = try on(host, "\(Self.natctl.path) \(arguments)")
        if arguments.contains("--json") { try await outcome.checkDocument() }
        return outcome
    }

    /// Starts `command` and returns its number, for `signal` and `finish`.
    func start(_ command: String, on host: Host = .client) throws -> Int {
        try start(words: command.split(separator: " ").map(String.init), on: host)
    }

    private func start(words: [String], on host: Host) throws -> Int {
        let answer: Started = try ask(Start(start: words, host: host.rawValue))
        return answer.process
    }

    /// What a started command has written so far.
    func look(at process: Int) throws -> StayingTool.Texts { try ask(Look(look: process)) }

    func signal(_ signal: Int32, to process: Int) throws {
        let _: Nothing = try ask(Signal(signal: signal, process: process))
    }

    /// Waits until a started command ends; kills it after a minute.
    func finish(_ process: Int) throws -> CommandOutcome {
        try ask(Finish(finish: process, timeout: 60))
    }

    private func start(_ options: [LabOption], asNobody: Bool) throws {
        let lab = [Self.script.path] + options.flatMap(\.arguments) + ["--", "agent.py"]
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments = (asNobody ? Self.asNobody : []) + lab
        child.standardInput = requests
        child.standardOutput = answers
        try child.runUnblocked()
        // Answers at once, so an unusable lab is noticed here and not in the middle of a test.
        do { try on(.client, "true") } catch {
            child.waitUntilExit()
            throw Failure.cannotStart(status: child.terminationStatus)
        }
    }

    private func stop() {
        try? requests.fileHandleForWriting.close()
        if child.isRunning { child.waitUntilExit() }
    }

    private func ask<Answer: Decodable>(_ request: some Encodable) throws -> Answer {
        let line = try JSONEncoder().encode(request) + Data("\n".utf8)
        try requests.fileHandleForWriting.write(contentsOf: line)
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread = Data(unread[(end + 1)...]) }
                return try JSONDecoder().decode(Answer.self, from: unread[..<end])
            }
            let more = answers.fileHandleForReading.availableData
            if more.isEmpty { throw Failure.ended }
            unread += more
        }
    }
}

// The agent's language; tools/agent.py says what it means.
private struct Start: Encodable { var start: [String], host: String }
private struct Look: Encodable { var look: Int }
private struct Started: Decodable { var process: Int }
private struct Signal: Encodable { var signal: Int32, process: Int }
private struct Finish: Encodable { var finish: Int, timeout: Int }
private struct Nothing: Decodable {}
