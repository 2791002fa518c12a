import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite(
    "The example programs on the simulator", .timeLimit(.minutes(10)),
    .enabled(if: ExamplePrograms.areExpected, "not built; make test builds them"))
struct SimulatorExampleTests {
    @Test("are sources of less than 40 lines")
    func areShort() throws {
        let sources = try ExamplePrograms.sources
        #expect(sources.count == 8)
        for source in sources {
            let lines = try String(contentsOf: source, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count - 1 < 40, "\(source.lastPathComponent)")
        }
    }

    @Test("make an echo server public, and close its port at the end", arguments: ["tcp", "udp"])
    func echo(transport: String) async throws {
        try await ToolBehindGateway.run { tool in
            let program = ExamplePrograms.file("\(transport)-echo").path
            let outcome = try await tool.running("", of: program) { server in
                try await condition { server.output.contains(/pcp \S+ port \d+/) }
                let port = try #require(tool.gateway.mappings.first).externalPort
                let say = ProjectFiles.root.appendingPathComponent("Tests/natctlTests/tools/say.py")
                let answer = try await tool.shell(
                    "python3 \(say.path) \(transport) \(tool.gateway.externalAddress) \(port) hello"
                )
                #expect(answer.output == "hello\n")
                server.send(SIGTERM)
            }
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.last == "\(transport): nowhere")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("are what the tutorial shows, which makes a server public until a line is entered")
    func tutorial() async throws {
        let source = try ProjectFiles.text("Examples/Sources/public-echo/PublicEcho.swift")
        let article = try ProjectFiles.text("Sources/NATTraversal/NATTraversal.docc/EchoServer.md")
        #expect(article.contains("```swift\n\(source)```\n"))
        try await ToolBehindGateway.run({ $0.techniques = [.pcp, .upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let page = try #require(URL(string: "/mappings", relativeTo: URL(string: location)))
            let program = ExamplePrograms.file("public-echo").path
            // The line comes once the router's table has the mapping.
            let outcome = try await tool.shell(
                """
                (until curl --silent '\(page.absoluteString)' | grep -q tcp; do sleep 0.1; done; echo) |
                    XDG_STATE_HOME=$NATCTL_STATE '\(program)' "$NATCTL_GATEWAY"
                """)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.contains { $0.hasPrefix("pcp 11.22.33.1:") }, "\(outcome.output)")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("tell every change of a port's assignments")
    func watches() async throws {
        try await ToolBehindGateway.run { tool in
            let program = ExamplePrograms.file("mapping-watcher").path
            let outcome = try await tool.running("udp 20123", of: program) { watcher in
                try await condition { watcher.output.contains("pcp 11.22.33.1 port 20123") }
                watcher.send(SIGINT)
            }
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.last == "udp 20123: nowhere")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("map, renew and delete by NAT-PMP and PCP alone")
    func ports() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "20123", of: ExamplePrograms.file("port-session").path
            ) { program in
                try await condition { program.output.contains("PCP: udp") }
                #expect(tool.forwarded == ["tcp 20123 20123 nat-pmp", "udp 20123 20123 pcp"])
                #expect(tool.gateway.log.count(.pcpMap) == 2)
                program.send(SIGTERM)
            }
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.first == "NAT-PMP: external address 11.22.33.1")
            #expect(outcome.lines.contains("NAT-PMP: tcp 20123 for 600.0 seconds"))
            #expect(outcome.lines.contains("PCP: udp 11.22.33.1:20123 for 600.0 seconds"))
            #expect(outcome.lines.last == "deleted")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("map, read, list and delete by the actions of the gateway's connection service")
    func session() async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            let outcome = try await tool.running(
                "20123", of: ExamplePrograms.file("igd-session").path,
                environment: ["NATCTL_LOCATION": location]
            ) { program in
                try await condition { program.output.contains("the end of the list") }
                #expect(tool.forwarded == ["tcp 20123 20123 upnp"])
                program.send(SIGINT)
            }
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                outcome.lines.dropFirst().map { $0.prefix { $0 != ":" } } == [
                    "GetExternalIPAddress", "AddPortMapping", "GetSpecificPortMappingEntry",
                    "GetGenericPortMappingEntry", "the end of the list", "DeletePortMapping",
                ])
            #expect(outcome.output.contains("NewExternalIPAddress=11.22.33.1\n"))
            #expect(outcome.output.contains("NewInternalPort=20123 NewInternalClient=127.0.0.1"))
            #expect(tool.forwarded.isEmpty)
        }
    }
}
