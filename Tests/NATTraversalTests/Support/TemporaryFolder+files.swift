import Foundation
import TestSupport

extension TemporaryFolder {
    var path: String { url.path }

    /// Writes a file, or anew what it holds.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }

    /// The names of what is in it, sorted.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    /// The permission bits of a file in it.
    func mode(of name: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(
            atPath: url.appending(path: name).path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }
}
