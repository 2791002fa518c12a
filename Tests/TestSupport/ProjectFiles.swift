package import Foundation

/// Where the project's files and its built programs are.
package enum ProjectFiles {
    /// The folder of Package.swift.
    package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The built `natctl`, beside the tests, or another one that `NATCTL` names.
    package static let natctl =
        ProcessInfo.processInfo.environment["NATCTL"].map { URL(fileURLWithPath: $0) }
        ?? Bundle.main.bundleURL.appendingPathComponent("natctl")

    /// The built `gateway-simulator`.
    package static let simulator = Bundle.main.bundleURL.appendingPathComponent("gateway-simulator")

    /// The text of a file, by its path from the root.
    package static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}
