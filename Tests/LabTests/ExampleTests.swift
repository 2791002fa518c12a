import Foundation
import TestSupport
import Testing

@Suite(
    "The example programs on a real router", .needsLab, .timeLimit(.minutes(30)),
    .enabled(if: ExamplePrograms.areExpected, "not built; make test builds them"))
struct ExampleTests {
    private static let say = ProjectFiles.root
        .appendingPathComponent("Tests/natctlTests/tools/say.py").path

    @Test("make an echo server reachable from the WAN while it runs", arguments: ["tcp", "udp"])
    func echo(transport: String) async throws {
        try await Lab.run { lab in
            let program = ExamplePrograms.file("\(transport)-echo").path
            let process = try await lab.start("\(program) 8080")
            try await lab.wait(for: "the mapping") { try await lab.ruleCount() == 1 }
            let question = "python3 \(Self.say) \(transport) 11.22.33.1 8080 hello"
            #expect(try await lab.on(.wan, question).output == "hello\n")
            try await lab.signal(SIGTERM, to: process)
            let ended = try await lab.finish(process)
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.output.contains("pcp 11.22.33.1 port 8080"))
            #expect(ended.lines.last == "\(transport): nowhere")
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("tell the assignments of another program's port, also after the router has restarted")
    func watches() async throws {
        try await Lab.run { lab in
            try await lab.serve("tcp", "8080")
            let program = ExamplePrograms.file("mapping-watcher").path
            let process = try await lab.start("\(program) tcp 8080")
            try await lab.wait(for: "the mapping") { try await lab.ruleCount() == 1 }
            #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            try await lab.on(.router, "router-daemon restart")
            try await lab.wait(for: "the mapping again") { try await lab.ruleCount() == 1 }
            try await lab.signal(SIGINT, to: process)
            let ended = try await lab.finish(process)
            #expect(
                ended.output.contains("local 192.168.77.10 port 8080, pcp 11.22.33.1 port 8080"))
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("map, renew and delete by NAT-PMP and PCP alone")
    func ports() async throws {
        try await Lab.run { lab in
            try await lab.serve("tcp", "8080")
            try await lab.serve("udp", "8080")
            let process = try await lab.start("\(ExamplePrograms.file("port-session").path) 8080")
            try await lab.wait(for: "the mappings") {
                try await lab.look(at: process).output.contains("PCP: udp 11.22.33.1:8080")
            }
            #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            #expect(try await lab.reach("udp", "8080") == ["udp 8080"])
            #expect(try await lab.ruleCount() == 2)
            try await lab.signal(SIGTERM, to: process)
            let outcome = try await lab.finish(process)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.first == "NAT-PMP: external address 11.22.33.1")
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("map, read, list and delete by the actions of the router's connection service")
    func session() async throws {
        try await Lab.run { lab in
            let program = ExamplePrograms.file("igd-session").path
            try await lab.serve("tcp", "8080")
            let process = try await lab.start("\(program) 8080")
            try await lab.wait(for: "the list") {
                try await lab.look(at: process).output.contains("the end of the list")
            }
            #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            try await lab.signal(SIGTERM, to: process)
            let outcome = try await lab.finish(process)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("NewExternalIPAddress=11.22.33.1"))
            #expect(outcome.output.contains("NewInternalClient=192.168.77.10"))
            #expect(outcome.lines.last == "DeletePortMapping: ")
            #expect(try await lab.ruleCount() == 0)
        }
    }
}
