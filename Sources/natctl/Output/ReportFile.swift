import Glibc
import NATTraversal

/// A file that a command writes for its user to send to somebody.
struct ReportFile {
    private let path: String

    init(_ path: String) { self.path = path }

    /// Writes a document; a file that is there is replaced.
    func write(_ members: [String: JSONValue], kind: DocumentKind) throws(SystemError) {
        var document = members
        document["version"] = 1
        document["kind"] = .string(kind.rawValue)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open") }
        defer { close(descriptor) }
        try natctl.write(JSONValue.object(document).text + "\n", to: descriptor)
    }
}
