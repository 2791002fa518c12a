import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

@Suite("A command that stays") struct HoldSessionTests {
    /// A source of the events that a test wants, with `unmapped` at the end when it is stopped.
    private struct Script {
        let continuation: AsyncStream<[MapperEvent]>.Continuation
        let source: EventSource
        let refreshes = Locked(0)

        init() {
            let (rounds, continuation) = AsyncStream<[MapperEvent]>.makeStream()
            self.continuation = continuation
            let refreshes = refreshes
            source = EventSource(
                rounds: rounds, refresh: { refreshes.withLock { $0 += 1 } },
                stop: {
                    if let mapping = Mapping.sample() {
                        continuation.yield([.sample(.unmapped(mapping), of: nil)])
                    }
                    continuation.finish()
                    return MappingReport()
                })
        }
    }

    @Test("lets go after a signal, and hooks hear of that as well")
    func letsGo() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("heard").path
        let mapping = try #require(Mapping.sample())
        let script = Script()
        let control = HoldControl(hasCommand: false)
        control.holds(refresh: script.source.refresh)
        var audience = EventAudience(format: .quiet)
        audience.hooks = HookQueue(Hook(command: "echo $NATCTL_EVENT >>\(file)"))
        async let ending = HoldSession(source: script.source, audience: audience, control: control)
            .run()
        for change: MapperEvent.Change in [
            .mapped(mapping), .renewed(mapping), .warning(.leasesOnly(nil, because: nil)),
            .gatewayRestarted(gateway: .test("192.168.1.1")),
        ] {
            script.continuation.yield([.sample(change, of: mapping)])
        }
        control.receive(ReceivedSignal(number: SIGHUP))
        control.receive(ReceivedSignal(number: SIGTERM))
        #expect(await ending == .signal(SIGTERM))
        #expect(try folder.text("heard") == "mapped\ngatewayRestarted\nunmapped\n")
        #expect(script.refreshes.current == 1)
    }

    @Test("tells hooks at once what comes of one answer, with the variables of the first")
    func tellsTogether() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("heard").path
        let mapping = try #require(Mapping.sample())
        let script = Script()
        let control = HoldControl(hasCommand: false)
        var audience = EventAudience(format: .quiet)
        audience.hooks = HookQueue(
            Hook(command: #"echo $NATCTL_EVENT $(grep -o '"event":"[a-z]*"') >>"# + file))
        async let ending = HoldSession(source: script.source, audience: audience, control: control)
            .run()
        script.continuation.yield(
            [
                .warning(.leasesOnly(nil, because: nil)), .changed(mapping, previous: mapping),
                .mapped(mapping), .renewed(mapping),
            ].map { .sample($0, of: mapping) })
        control.receive(ReceivedSignal(number: SIGTERM))
        #expect(await ending == .signal(SIGTERM))
        #expect(
            try folder.text("heard").replacing("\"", with: "")
                == "changed event:changed event:mapped\nunmapped event:unmapped\n")
    }

    @Test("ends with the status of COMMAND, whatever comes later")
    func endsWithCommand() async {
        let control = HoldControl(hasCommand: true)
        control.end(.command(3))
        control.end(.signal(SIGTERM))
        let ending = await HoldSession(
            source: Script().source, audience: EventAudience(format: .quiet),
            control: control
        ).run()
        #expect(ending.exitCode.rawValue == 3)
    }

    @Test("gives its start up at a signal")
    func givesStartUp() async {
        let control = HoldControl(hasCommand: false)
        await #expect(throws: CancellationError.self) {
            try await control.starting {
                control.receive(ReceivedSignal(number: SIGINT))
                try await Task.sleep(for: .seconds(60))
            }
        }
        #expect(control.endingSoFar?.exitCode.rawValue == 130)
    }
}
