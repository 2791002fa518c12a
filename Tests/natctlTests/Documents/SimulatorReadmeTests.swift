import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@testable import natctl

@Suite("The README") struct SimulatorReadmeTests {
    @Test("shows commands that work, in the order they stand in")
    func commandsWork() async throws {
        let lines = try #require(try ReadmeFile.block("sh", after: "A test runs these lines"))
        try await ToolBehindGateway.run { tool in
            for line in lines {
                let outcome = try await tool.shell(line)
                #expect(outcome.status == 0, "\(line): \(outcome.errors)")
            }
            #expect(tool.gateway.mappings.isEmpty)
        }
    }

    @Test("shows the real output of its first command, but for this host's address")
    func firstCommand() async throws {
        let lines = try #require(try ReadmeFile.block("console"))
        try await ToolBehindGateway.run { tool in
            let command = try #require(lines.first).dropFirst("$ ".count)
            let outcome = try await tool.shell(String(command))
            let shown = lines.dropFirst().joined(separator: "\n")
                .replacing("192.168.77.10", with: "127.0.0.1")
            #expect(outcome.lines == [shown])
        }
    }

    @Test("shows a use of the library that compiles and works")
    func libraryWorks() async throws {
        let source = try ProjectFiles.text("Tests/natctlTests/Documents/ReadmeExample.swift")
        #expect(try ReadmeFile.block("swift").map { $0.joined(separator: "\n") + "\n" } == source)
        try await ToolBehindGateway.run { tool in
            let mapper = PortMapper(
                GatewaySelection(gateway: GatewayAddress(tool.gateway.gateway.description)),
                stateFolder: tool.state.url.path)
            try await makePublic(8080, by: mapper) { mapping in
                #expect(mapping.externalAddress == .v4(tool.gateway.reportedAddress))
                #expect(
                    tool.gateway.mappings.map(\.externalPort) == [mapping.externalPort.rawValue])
            }
            #expect(tool.gateway.mappings.isEmpty)
        }
    }

    @Test("lists every command and no other")
    func listsCommands() async throws {
        let listed = try ProjectFiles.text("README.md")
            .matches(of: /\n\| `natctl ([a-z-]+)` \|/).map { String($0.1) }
        let commands = try CommandHelp.ofNATCtl().commands.map(\.commandName)
        #expect(listed == commands)
    }

    @Test(
        "lists each exit code by number and name",
        arguments: (1...127).compactMap(EndCode.init(rawValue:)))
    func listsExitCodes(code: EndCode) throws {
        #expect(
            try ProjectFiles.text("README.md").contains("\n| \(code.rawValue) | \(code.name) |"))
    }
}
