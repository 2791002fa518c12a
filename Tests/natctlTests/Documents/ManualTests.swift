import Foundation
import TestSupport
import Testing

@testable import natctl

@Suite("The manual") struct ManualTests {
    /// The options that a page explains: what its `.It Fl` lines name.
    private func explainedOptions(_ page: String) -> Set<String> {
        Set(
            page.split(separator: "\n").filter { $0.hasPrefix(".It Fl") }.flatMap {
                $0.matches(of: /Fl (-?[a-z0-9][a-z-]*)/).map { "-\($0.1)" }
            })
    }

    /// The options that a page mentions anywhere.
    private func mentionedOptions(_ page: String) -> Set<String> {
        Set(
            page.matches(of: /(?:Fl |[|] )(-?[a-z0-9][a-z-]*)/).filter { match in
                // `-q | -quiet` is an option's second name; `tcp | udp` is none.
                match.0.hasPrefix("Fl") || match.1.hasPrefix("-")
            }.map { "-\($0.1)" })
    }

    @Test("has a page for natctl and for each command, and no other")
    func hasPages() async throws {
        let help = try await CommandHelp.ofBuiltTool()
        let pages = try FileManager.default.contentsOfDirectory(
            atPath: ProjectFiles.root.appendingPathComponent("Man").path)
        #expect(
            Set(pages)
                == Set(["natctl.1"] + help.commands.map { "natctl-\($0.commandName).1" }))
    }

    @Test("explains each option of a command in its page, with its default, and nothing else")
    func explainsOptions() async throws {
        let help = try await CommandHelp.ofBuiltTool()
        let all = help.commands.reduce(into: help.options) { $0.formUnion($1.options) }
        for command in help.commands {
            let page = try ProjectFiles.text("Man/natctl-\(command.commandName).1")
            #expect(explainedOptions(page) == command.options, "natctl-\(command.commandName).1")
            #expect(mentionedOptions(page).isSubset(of: all), "natctl-\(command.commandName).1")
            for value in command.defaults {
                #expect(page.contains(".Cm \(value)"), "natctl-\(command.commandName).1: \(value)")
            }
        }
        let page = try ProjectFiles.text("Man/natctl.1")
        #expect(explainedOptions(page) == help.options)
        #expect(mentionedOptions(page).isSubset(of: all))
    }

    @Test("lists each command in the page of natctl, and refers to pages that are there")
    func listsCommands() async throws {
        let help = try await CommandHelp.ofBuiltTool()
        let page = try ProjectFiles.text("Man/natctl.1")
        for command in help.commands {
            #expect(page.contains(".It Cm \(command.commandName)\n"))
        }
        let pages = ["natctl"] + help.commands.map { "natctl-\($0.commandName)" }
        for name in pages {
            let references = try ProjectFiles.text("Man/\(name).1")
                .matches(of: /\.Xr (natctl[a-z-]*) 1/).map { String($0.1) }
            #expect(Set(references).isSubset(of: pages), "\(name).1")
        }
    }

    @Test(
        "tells each exit code by number and name",
        arguments: (1...127).compactMap(EndCode.init(rawValue:)))
    func tellsExitCodes(code: EndCode) throws {
        #expect(
            try ProjectFiles.text("Man/natctl.1").contains(".It \(code.rawValue) Pq \(code.name)\n")
        )
    }
}
