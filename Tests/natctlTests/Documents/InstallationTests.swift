import Foundation
import TestSupport
import Testing

@Suite("make install") struct InstallationTests {
    private static let make = URL(fileURLWithPath: "/usr/bin/make")
    private static let isAvailable = FileManager.default.isExecutableFile(atPath: make.path)

    @Test(
        "builds nothing once the program is there, and make uninstall removes every file",
        .enabled(if: isAvailable, "no make on this machine"))
    func isUndone() async throws {
        let folder = try TemporaryFolder()
        // No folder of Swift's is in PATH.
        func make(_ target: String) async throws -> CommandOutcome {
            try await BuiltTool.run(
                Self.make,
                [
                    target, "PREFIX=/usr", "DESTDIR=\(folder.url.path)",
                    "PROGRAM=\(ProjectFiles.natctl.path)",
                ],
                environment: ["PATH": "/usr/bin:/bin", "MAKEFLAGS": ""])
        }
        func files() throws -> [String] {
            let manager = FileManager.default
            return try manager.subpathsOfDirectory(atPath: folder.url.path).filter { path in
                let whole = folder.url.appendingPathComponent(path).path
                return try manager.attributesOfItem(atPath: whole)[.type] as? FileAttributeType
                    != .typeDirectory
            }
        }

        let installation = try await make("install")
        #expect(installation.status == 0, "\(installation.errors)")
        #expect(!installation.output.contains("swift"))
        let installed = try files()
        for expected in [
            "usr/bin/natctl", "usr/share/man/man1/natctl-map.1",
            "usr/share/man/man5/natctl-json.5", "usr/share/man/man7/natctl-techniques.7",
            "usr/share/bash-completion/completions/natctl",
            "usr/lib/systemd/system/natctl-map@.service",
            "usr/share/doc/natctl/examples/web.conf",
        ] {
            #expect(installed.contains(expected))
        }

        let removal = try await make("uninstall")
        #expect(removal.status == 0, "\(removal.errors)")
        #expect(try files() == [])
    }

    @Test("Scripts/setup names Swift where there is none")
    func namesSwift() async throws {
        let setup = ProjectFiles.root.appendingPathComponent("Scripts/setup")
        let folder = try TemporaryFolder()
        // Swift may be in /usr/bin itself, so nothing but bash's own words and dirname is in PATH.
        for tool in ["bash", "dirname"] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.appendingPathComponent(tool).path,
                withDestinationPath: "/usr/bin/\(tool)")
        }
        let outcome = try await BuiltTool.run(
            URL(fileURLWithPath: "/bin/bash"), [setup.path, "build"],
            environment: ["PATH": folder.url.path])
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("Swift 6.3"))
    }
}
