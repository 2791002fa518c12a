import Foundation

/// With which sanitizer Scripts/test-sanitized has built the programs under test.
package enum Sanitizer: String {
    case address = "ASAN_OPTIONS"
    case thread = "TSAN_OPTIONS"

    /// Whether it is this one.
    package var isUsed: Bool { ProcessInfo.processInfo.environment[rawValue] != nil }
}
