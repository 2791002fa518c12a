import Foundation
import Testing

/// Where the lab and the tool are, and whether a lab can run here.
extension Lab {
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("lab")
    static let natctl = Bundle.main.bundleURL.appendingPathComponent("natctl")

    /// Why no lab can run here, or `nil`.
    static let obstacle: String? = {
        let check = Process()
        let reason = Pipe()
        check.executableURL = script
        check.arguments = ["--check"]
        check.standardOutput = reason
        do { try check.run() } catch { return "\(error)" }
        let text = String(
            decoding: reason.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        check.waitUntilExit()
        return check.terminationStatus == 0
            ? nil : text.trimmingCharacters(in: .whitespacesAndNewlines)
    }()
}

extension Trait where Self == ConditionTrait {
    /// Skips and says why where no lab can run; with `CI=true` the tests run, and fail there.
    static var needsLab: Self {
        .disabled(
            if: Lab.obstacle != nil && ProcessInfo.processInfo.environment["CI"] != "true",
            Comment(rawValue: "no lab: \(Lab.obstacle ?? "")"))
    }
}
