import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import natctl

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
    ///
    /// `environment` is that of the shell and of the natctl that it asks.
    func offers(
        for words: [String], environment: [String: String] = [:]
    ) async throws -> Set<String> {
        let offer = command + ["Tests/natctlTests/shells/offer.\(rawValue)", script] + words
        let path = "\(ProjectFiles.natctl.deletingLastPathComponent().path):/usr/bin:/bin"
        return Set(
            try await BuiltTool.run(
                URL(fileURLWithPath: "/usr/bin/env"), offer,
                environment: environment.merging(["PATH": path]) { $1 }
            ).lines)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips and says why where a shell is missing; with `CI=true` the tests run, and fail there.
    static var needsShells: Self {
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
            (["natctl", "map", "tcp", "80", "--lifetime", ""], ["15m", "2h", "1d"]),
            (["natctl", "gateway", "--timeout", "1"], ["10s"]),
            (["natctl", "upnp-call", "WANIP"], ["WANIPConnection", "WANIPv6FirewallControl"]),
            (["natctl", "upnp-call", "WANIPConnection", "GetE"], ["GetExternalIPAddress"]),
            // Behind -- stand another command and its arguments.
            (["natctl", "map", "tcp", "80", "--", "natc"], ["natctl"]),
            (["natctl", "map", "tcp", "80", "-q", "--", "cat", "Pack"], ["Package.swift"]),
        ])
    func offer(shell: CompletingShell, example: (words: [String], offers: [String])) async throws {
        let offers = try await Turnstile.processes.pass {
            try await shell.offers(for: example.words)
        }
        #expect(offers.isSuperset(of: example.offers), "\(offers)")
        #expect(offers.allSatisfy { $0.hasPrefix(example.words.last ?? "") }, "\(offers)")
    }

    @Test("offer every command", .needsShells, arguments: CompletingShell.allCases)
    func offerCommands(shell: CompletingShell) async throws {
        let commands = try CommandHelp.ofNATCtl().commands.map(\.commandName)
        let offers = try await Turnstile.processes.pass {
            try await shell.offers(for: ["natctl", ""])
        }
        #expect(offers.isSuperset(of: commands))
    }

    @Test("show what a word means where the shell can")
    func haveMeanings() {
        let offer = CompletionOffer("a:b", "x\u{1B}")
        #expect(offer.text(for: .fish) == "a:b\tx\\u{1B}")
        #expect(offer.text(for: .zsh) == #"a\:b:x\u{1B}"#)
        #expect(offer.text(for: .bash) == "a:b")
    }
}
