import Glibc
import NATTraversal

/// An instant as people read it where this host is, `2026-11-22 19:55:00`.
func localTime(_ instant: Timestamp) -> String {
    var seconds = time_t(instant.secondsSince1970)
    var fields = unsafe tm()
    guard unsafe localtime_r(&seconds, &fields) != nil else { return instant.description }
    var text = [CChar](repeating: 0, count: 32)
    let count = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &fields)
    return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
