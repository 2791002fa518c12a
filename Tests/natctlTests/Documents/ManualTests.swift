import Foundation
import TestSupport
import Testing

@testable import natctl

@Suite("The manual") struct ManualTests {
    /// The options that a page explains: what its `.It Fl` lines name.
    private func explainedOptions(_ page: String) -> Set<String> {
        Set(
            page.split(separator: "\n").filter { $0.hasPrefix(".It Fl") }.flatMap {
                $0.matches(of: /Fl (-?[a-z][a-z-]*)/).map { "-\($0.1)" }
            })
    }

    /// The options that a page mentions anywhere.
    private func mentionedOptions(_ page: String) -> Set<String> {
        Set(
            page.matches(of: /(?:Fl |[|] )(-?[a-z][a-z-]*)/).filter { match in
                // `-q | -quiet` is an option's second name; `tcp | udp` is none.
                match.0.hasPrefix("Fl") || match.1.hasPrefix("-")
            }.map { "-\($0.1)" })
    }

    /// The pages that belong to no command.
    private static let topics = ["natctl-json.5", "natctl-leases.5", "natctl-techniques.7"]

    @Test("has a page for natctl and for each command, and three more")
    func hasPages() async throws {
        let help = try CommandHelp.ofNATCtl()
        let pages = try FileManager.default.contentsOfDirectory(
            atPath: ProjectFiles.root.appendingPathComponent("Man").path)
        #expect(
            Set(pages)
                == Set(
                    ["natctl.1"] + Self.topics
                        + help.commands.map { "natctl-\($0.commandName).1" }))
    }

    @Test("explains each option of a command in its page, with its default, and nothing else")
    func explainsOptions() async throws {
        let help = try CommandHelp.ofNATCtl()
        let all = help.commands.reduce(into: Set(help.options)) { $0.formUnion($1.options) }
        for command in help.commands {
            let page = try ProjectFiles.text("Man/natctl-\(command.commandName).1")
            #expect(
                explainedOptions(page) == Set(command.options), "natctl-\(command.commandName).1")
            #expect(mentionedOptions(page).isSubset(of: all), "natctl-\(command.commandName).1")
            for value in command.defaults {
                #expect(page.contains(".Cm \(value)"), "natctl-\(command.commandName).1: \(value)")
            }
        }
        let page = try ProjectFiles.text("Man/natctl.1")
        #expect(explainedOptions(page) == Set(help.options))
        #expect(mentionedOptions(page).isSubset(of: all))
    }

    @Test("lists each command in the page of natctl, and refers to pages that are there")
    func listsCommands() async throws {
        let help = try CommandHelp.ofNATCtl()
        let page = try ProjectFiles.text("Man/natctl.1")
        for command in help.commands {
            #expect(page.contains(".It Cm \(command.commandName)\n"))
        }
        let pages = ["natctl.1"] + Self.topics + help.commands.map { "natctl-\($0.commandName).1" }
        for page in pages {
            let references = try ProjectFiles.text("Man/\(page)")
                .matches(of: /\.Xr (natctl[a-z-]*) ([157])/).map { "\($0.1).\($0.2)" }
            #expect(Set(references).isSubset(of: pages), "\(page)")
        }
    }

    @Test("explains only options that natctl has, in the other pages too")
    func mentionsOptions() throws {
        let help = try CommandHelp.ofNATCtl()
        let all = help.commands.reduce(into: Set(help.options)) { $0.formUnion($1.options) }
        for page in Self.topics {
            let mentioned = mentionedOptions(try ProjectFiles.text("Man/\(page)"))
            #expect(mentioned.isSubset(of: all), "\(page)")
        }
    }

    @Test("begins each example with a sentence")
    func explainsExamples() throws {
        for command in try CommandHelp.ofNATCtl().commands.map(\.commandName) {
            let page = try ProjectFiles.text("Man/natctl-\(command).1")
            let lines = page.split(separator: "\n").drop { $0 != ".Sh EXAMPLES" }
            #expect(lines.count > 1, "\(command)")
            for (line, next) in zip(lines, lines.dropFirst()) where next.hasPrefix(".Bd") {
                #expect(line.hasSuffix(":"), "\(command): \(line)")
            }
        }
    }

    @Test("explains each warning and each diagnosis of the schema")
    func explainsCodes() throws {
        let schema = try ProjectFiles.text("Schema/natctl.schema.json")
        let known = try #require(schema.firstMatch(of: /Known so far: ([A-Za-z, ]+)[.]/))
        let explained = try ProjectFiles.text("Man/natctl-json.5").split(separator: "\n")
            .filter { $0.hasPrefix(".It Ql ") }
            .flatMap { $0.dropFirst(".It Ql ".count).split(separator: " , ") }
        for code in known.1.split(separator: ", ") { #expect(explained.contains(code), "\(code)") }

        let list = try #require(schema.firstMatch(of: /"diagnosis": \{[^\[]*"enum": \[([^\]]*)\]/))
        let techniques = try ProjectFiles.text("Man/natctl-techniques.7")
        for diagnosis in list.1.matches(of: /"([a-z-]+)"/) {
            #expect(techniques.contains(".It Cm \(diagnosis.1)\n"), "\(diagnosis.1)")
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
