import Foundation
import TestSupport
import Testing

/// Where the lab and the tool are, and whether a lab can run here.
extension Lab {
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("lab")
    static let natctl = ProjectFiles.natctl
    static let simulator = ProjectFiles.simulator.path

    /// The words in front of a command that run it as nobody, where root says them.
    static let asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    /// Why no lab can run here, or `nil`.
    static let obstacle: String? = {
        let check = result(of: [script.path, "--check"])
        return check.succeeded ? nil : check.output
    }()

    /// Whether there is a media server to be found.
    static let hasMediaServer = result(of: ["sh", "-c", "command -v minidlnad"]).succeeded

    /// Whether this is root, and nobody may make a lab and read what was built here.
    static let nobodyCanRunIt =
        result(of: asNobody + [script.path, "--check"]).succeeded
        && result(of: asNobody + ["test", "-x", natctl.path]).succeeded

    private static func result(of command: [String]) -> (succeeded: Bool, output: String) {
        let child = Process()
        let output = Pipe()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments = command
        child.standardOutput = output
        do { try child.run() } catch { return (false, "\(error)") }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        child.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        return (child.terminationStatus == 0, text.trimmingCharacters(in: .newlines))
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips and says why where no lab can run; with `CI=true` the tests run, and fail there.
    static var needsLab: Self {
        .disabled(
            if: Lab.obstacle != nil && ProcessInfo.processInfo.environment["CI"] != "true",
            Comment(rawValue: "no lab: \(Lab.obstacle ?? "")"))
    }

    /// Skips and says why where minidlna is not installed.
    static var needsMediaServer: Self {
        .enabled(if: Lab.hasMediaServer, "minidlna is not installed (make setup installs it)")
    }
}
