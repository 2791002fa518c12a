import Foundation
import NATTraversal
import TestSupport
import Testing

@testable import natctl

@Suite("The command of --on-change") struct HookTests {
    private static func call(
        _ event: String = "mapped", document: String = #"{"version":1}"#,
        variables: [String: String?] = [:]
    ) -> Hook.Call {
        Hook.Call(event: event, count: 1, document: { document }, variables: variables)
    }

    @Test("reads the event from standard input, as one line, and finds its variables")
    func readsEvent() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("heard").path
        let hook = Hook(command: #"{ cat; echo "$NATCTL_EVENT ${NOTIFY_SOCKET-unset}"; } >"$FILE""#)
        let problem = await hook.run(
            Self.call(
                variables: ["NATCTL_EVENT": "mapped", "NOTIFY_SOCKET": nil, "FILE": file]))
        #expect(problem == nil)
        #expect(try folder.text("heard") == "{\"version\":1}\nmapped unset\n")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String { command }
        var command: String
        var problem: String?
    }

    @Test(
        "is said to have failed when it has",
        arguments: [
            Case(command: ":", problem: nil),
            Case(command: "exit 3", problem: "the hook for mapped ended with 3"),
            Case(command: "kill -TERM $$", problem: "the hook for mapped was ended by signal 15"),
            Case(command: "no-such-program", problem: "the hook for mapped ended with 127"),
        ])
    func fails(example: Case) async {
        #expect(await Hook(command: example.command).run(Self.call())?.message == example.problem)
    }

    @Test("is killed with its children when it takes too long")
    func isKilled() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("children")
        let hook = Hook(
            command: "sleep 300 & echo $! >\(file.path); wait", limit: .milliseconds(500))
        let problem = await hook.run(Self.call())
        #expect(problem?.message == "the hook for mapped took over 0.5s and was killed")
        let child = try #require(
            pid_t(try folder.text("children").trimmingCharacters(in: .newlines)))
        // It is nobody's child now, and whoever adopts it may take its time.
        try await condition {
            let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            return kill(child, 0) != 0 || state?.contains(") Z ") == true
        }
    }

    @Test("need not read a long event, and costs nobody a signal")
    func readsNothing() async {
        let text = String(repeating: "x", count: 1 << 20)
        #expect(await Hook(command: "exec true").run(Self.call(document: text)) == nil)
    }

    @Test("runs for one event after the other, in their order")
    func runsInOrder() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("heard").path
        let hooks = HookQueue(
            Hook(command: "echo + $NATCTL_EVENT >>\(file); sleep 0.01; echo - >>\(file)"))
        for number in 1...5 { hooks.add(Self.call(variables: ["NATCTL_EVENT": "\(number)"])) }
        hooks.finish()
        await hooks.run { Issue.record("\($0.message)") }
        #expect(try folder.text("heard") == (1...5).map { "+ \($0)\n-\n" }.joined())
    }

    @Test("misses the oldest of more events than can wait, and that is said once")
    func misses() async throws {
        let hooks = HookQueue(Hook(command: "exit $NUMBER"))
        for number in 0..<1030 {
            hooks.add(Self.call("\(number)", variables: ["NUMBER": number == 1029 ? "1" : "0"]))
        }
        hooks.finish()
        var said: [String] = []
        await hooks.run { said.append($0.message) }
        #expect(
            said == [
                "the hook was too slow and missed 6 events", "the hook for 1029 ended with 1",
            ])
    }

    @Test("finds only addresses, ports and words of ours in its variables")
    func findsVariables() throws {
        let mapping = try #require(Mapping.sample())
        let variables = MapperEvent.Change.mapped(mapping).variables(first: nil)
        #expect(
            variables == [
                "NATCTL_EVENT": "mapped", "NATCTL_TRANSPORT": "tcp",
                "NATCTL_INTERNAL_ADDRESS": "192.168.1.10", "NATCTL_INTERNAL_PORT": "8080",
                "NATCTL_EXTERNAL_ADDRESS": "198.51.100.7", "NATCTL_EXTERNAL_PORT": "8080",
                "NATCTL_TECHNIQUE": "pcp", "NATCTL_GATEWAY": "192.168.1.1", "NOTIFY_SOCKET": nil,
                "NATCTL_PREVIOUS_EXTERNAL_ADDRESS": nil, "NATCTL_PREVIOUS_EXTERNAL_PORT": nil,
            ])
    }

    @Test("finds where a mapping was reached before")
    func findsPrevious() throws {
        let mapping = try #require(Mapping.sample())
        let previous = try #require(Mapping.sample(external: "198.51.100.9"))
        let variables = MapperEvent.Change.changed(mapping, previous: previous)
            .variables(first: nil)
        #expect(variables["NATCTL_EXTERNAL_ADDRESS"] == "198.51.100.7")
        #expect(variables["NATCTL_PREVIOUS_EXTERNAL_ADDRESS"] == "198.51.100.9")
        #expect(variables["NATCTL_PREVIOUS_EXTERNAL_PORT"] == "8080")
    }

    @Test("finds the first mapping with what an event tells over it")
    func findsFirst() throws {
        let mapping = try #require(Mapping.sample())
        let address = try #require(IPv4Address("198.51.100.9"))
        let changes: [(MapperEvent.Change, String, String)] = [
            (
                .externalAddressChanged(.v4(address), previous: nil), "NATCTL_EXTERNAL_ADDRESS",
                "198.51.100.9"
            ),
            (.externalAddressChanged(nil, previous: nil), "NATCTL_EXTERNAL_ADDRESS", ""),
            (.gatewayChanged(.test("10.0.0.1"), previous: nil), "NATCTL_GATEWAY", "10.0.0.1"),
            (.gatewayRestarted(gateway: .test("10.0.0.2")), "NATCTL_GATEWAY", "10.0.0.2"),
            (.interfaceChanged(nil, previous: nil), "NATCTL_INTERNAL_ADDRESS", ""),
        ]
        for (change, name, value) in changes {
            let variables = change.variables(first: mapping)
            #expect(variables[name] == value)
            #expect(variables["NATCTL_EXTERNAL_PORT"] == "8080")
            #expect(change.variables(first: nil)["NATCTL_EXTERNAL_PORT"] == "")
        }
    }
}
