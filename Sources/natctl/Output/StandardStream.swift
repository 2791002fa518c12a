import Glibc
import NATTraversal

/// Standard output or standard error, written to the end or to an error.
///
/// `print` drops what cannot be written, and the command would end with 0 on a full disk.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Takes the places of standard streams that are closed, so that no pipe or socket of ours gets
    /// one and is written to; writing goes on to fail.
    static func takeClosedPlaces() {
        var descriptor: Int32
        repeat {
            descriptor = unsafe open("/dev/null", O_RDONLY)
        } while (0...2).contains(descriptor)
        if descriptor > 2 { close(descriptor) }
    }

    /// What it is called.
    var name: String { "standard \(self)" }

    /// Writes a text and a line end.
    func writeLine(_ line: String) throws(SystemError) { try write(line + "\n") }

    /// Writes a text.
    func write(_ text: String) throws(SystemError) {
        try natctl.write(text, to: rawValue)
    }

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(rawValue) == 1 }
}

/// Says a line on standard error; when even that fails there is nobody to tell.
func say(_ line: String) {
    try? StandardStream.error.writeLine("natctl: \(line)")
}

/// Writes a text, to the end or to an error.
func write(_ text: String, to descriptor: Int32) throws(SystemError) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
        let count = unsafe bytes[written...].withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        if count >= 0 {
            written += count
        } else if errno != EINTR {
            throw SystemError("write")
        }
    }
}
