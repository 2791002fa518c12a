import Foundation
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

/// What a command shows a person in one situation.
struct Screen: Sendable, CustomTestStringConvertible {
    var name: String
    var outputs: [any CommandOutput & Sendable]

    var testDescription: String { name }

    init(_ name: String, _ outputs: any CommandOutput & Sendable...) {
        (self.name, self.outputs) = (name, outputs)
    }

    /// Both streams in the order in which they are written.
    func text(on page: Page) -> String {
        outputs.flatMap { output in
            let format = OutputFormat.text
            let before = format.statementsBefore(output, on: page)
            let after = format.statementsAfter(output)
            return before.map { page.text([$0.line]) }
                + [format.render(output, on: page)].compactMap(\.self)
                + after.map { page.text([$0.line]) }
        }.joined(separator: "\n")
    }
}

/// Every command with success, warning, refusal, silence and no gateway, as far as it knows them.
@Suite("Screens") struct ScreenTests {
    private static let terminals = [80, 120].map { Page(columns: $0, hasColor: true, isUTF8: true) }

    /// The golden text: the command at both widths and for a program, colours as words.
    private static func golden(_ screen: Screen) -> String {
        let pages = terminals.map { ("\($0.columns ?? 0) columns", $0) } + [("a pipe", Page())]
        return pages.map { title, page in "# \(title)\n\(named(screen.text(on: page)))\n" }
            .joined(separator: "\n")
    }

    /// The text with `{good}` in place of what begins green, and `{}` of what ends it.
    private static func named(_ text: String) -> String {
        let tones: [Tone] = [.good, .warning, .bad, .secondary, .heading]
        return tones.reduce(text.replacing("\u{1B}[0m", with: "{}")) { text, tone in
            text.replacing("\u{1B}[\(tone.code ?? 0)m", with: "{\(tone.rawValue)}")
        }
    }

    @Test("are as they were looked at", arguments: Screen.all)
    func match(screen: Screen) throws {
        try expectGolden(Self.golden(screen), "screens/\(screen.name).txt")
    }

    @Test("fit the terminal, a word that is longer than a line excepted", arguments: Screen.all)
    func fit(screen: Screen) {
        for width in [40, 80, 120] {
            let lines = screen.text(on: Page(columns: width)).split(separator: "\n")
            for line in lines where line.count > width {
                let words = line.split(separator: " ")
                #expect(words.contains { $0.count > width - 12 }, "\(line)")
            }
        }
    }

    @Test("say the same without colour", arguments: Screen.all)
    func areTheSame(screen: Screen) {
        for page in Self.terminals {
            var plain = page
            plain.hasColor = false
            let colored = screen.text(on: page)
            #expect(colored.replacing(/\u{1B}\[[0-9]+m/, with: "") == screen.text(on: plain))
            #expect(!screen.text(on: plain).contains("\u{1B}"))
        }
    }

    @Test(
        "in the README are those of a terminal",
        arguments: Screen.all.filter {
            ["gateway-double-nat", "list-warning", "map-refusal"].contains($0.name)
        })
    func areInReadme(screen: Screen) throws {
        let text = screen.text(on: Page(columns: 80, isUTF8: true))
        #expect(try ProjectFiles.text("README.md").contains("\n\(text)\n"), "\(text)")
    }

    @Test("show every command that asks a gateway in every situation")
    func areComplete() {
        let names = Set(Screen.all.map(\.name))
        for command in ["external-ip", "map", "unmap", "list", "gateway", "upnp-scan", "upnp-call"]
        {
            for situation in ["success", "warning", "refusal", "silence", "no-gateway"] {
                #expect(names.contains("\(command)-\(situation)"), "\(command)-\(situation)")
            }
        }
    }

    @Test("all have a file, and every file a screen")
    func areAllKept() throws {
        let folder = ProjectFiles.root.appendingPathComponent("Tests/natctlTests/Fixtures/screens")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.sorted() == Screen.all.map { "\($0.name).txt" }.sorted())
    }
}
