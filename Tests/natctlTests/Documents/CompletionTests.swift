import Foundation
import TestSupport
import Testing

/// A shell with a completion script of ours.
enum CompletingShell: String, CaseIterable, Sendable {
    case bash
    case zsh
    case fish

    var script: String {
        switch self {
        case .bash: "completions/natctl.bash"
        case .zsh: "completions/_natctl"
        case .fish: "completions/natctl.fish"
        }
    }

    /// Without anybody's configuration.
    private var command: [String] {
        switch self {
        case .bash: ["bash", "--norc", "--noprofile"]
        case .zsh: ["zsh", "-f"]
        case .fish: ["fish", "--no-config"]
        }
    }

    /// The shells that are missing on this machine.
    static let missing = allCases.filter { shell in
        !["/bin/", "/usr/bin/", "/usr/local/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + shell.rawValue)
        }
    }

    /// What the shell offers for the last of the words.
    func offers(for words: [String]) async throws -> Set<String> {
        let offer = command + ["Tests/natctlTests/shells/offer.\(rawValue)", script] + words
        return try await Turnstile.processes.pass {
            Set(try await BuiltTool.run(URL(fileURLWithPath: "/usr/bin/env"), offer).lines)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips and says why where a shell is missing; with `CI=true` the tests run, and fail there.
    fileprivate static var needsShells: Self {
        .enabled(
            if: CompletingShell.missing.isEmpty
                || ProcessInfo.processInfo.environment["CI"] == "true",
            "missing: \(CompletingShell.missing.map(\.rawValue)); make setup installs them")
    }
}

@Suite("The completions") struct CompletionTests {
    @Test("are what natctl generates", arguments: CompletingShell.allCases)
    func regenerate(shell: CompletingShell) async throws {
        let generated = try await BuiltTool.natctl(
            "--generate-completion-script \(shell.rawValue)")
        let committed = try ProjectFiles.text(shell.script)
        #expect(generated.output == committed, "make completions brings them up to date")
    }

    @Test(
        "offer what may come next",
        .needsShells,
        arguments: CompletingShell.allCases,
        [
            (["natctl", "ma"], ["map"]),
            (["natctl", "map", "--l"], ["--lifetime"]),
            (["natctl", "map", ""], ["tcp", "udp", "both"]),
            (["natctl", "map", "51820/udp", ""], ["tcp", "udp", "both"]),
            (["natctl", "unmap", "udp", "51820", "t"], ["tcp"]),
            (["natctl", "external-ip", "--via", ""], ["auto", "pcp", "nat-pmp"]),
            (["natctl", "gateway", "--interface", "l"], ["lo"]),
            (["natctl", "unmap", "tcp", "--ext"], ["--external-port"]),
        ])
    func offer(shell: CompletingShell, example: (words: [String], offers: [String])) async throws {
        let offers = try await shell.offers(for: example.words)
        #expect(offers.isSuperset(of: example.offers), "\(offers)")
        #expect(offers.allSatisfy { $0.hasPrefix(example.words.last ?? "") }, "\(offers)")
    }

    @Test("offer every command", .needsShells, arguments: CompletingShell.allCases)
    func offerCommands(shell: CompletingShell) async throws {
        let commands = try await CommandHelp.ofBuiltTool().commands.map(\.commandName)
        #expect(try await shell.offers(for: ["natctl", ""]).isSuperset(of: commands))
    }
}
