package import Foundation

/// The programs of the package Examples, which `make test` builds beside the tests.
package enum ExamplePrograms {
    /// A program's file.
    package static func file(_ name: String) -> URL {
        ProjectFiles.root.appendingPathComponent(".build/examples/debug/\(name)")
    }

    /// Whether they are built, or have to be.
    package static var areExpected: Bool {
        FileManager.default.isExecutableFile(atPath: file("tcp-echo").path)
            || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    /// The source of every program, and of what they share.
    package static var sources: [URL] {
        get throws {
            let folder = ProjectFiles.root.appendingPathComponent("Examples/Sources")
            return try FileManager.default.subpathsOfDirectory(atPath: folder.path)
                .filter { $0.hasSuffix(".swift") }.map(folder.appendingPathComponent)
        }
    }
}
