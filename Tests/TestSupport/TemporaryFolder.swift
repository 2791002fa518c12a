package import Foundation

/// A folder of one test's own, gone when nobody holds it any more.
package final class TemporaryFolder: Sendable {
    package let url: URL

    /// Makes the folder, readable by its owner only.
    ///
    /// - Parameter inMemory: where the system has a place for it, so that nobody waits for a disk.
    /// - Throws: when the folder cannot be made.
    package init(inMemory: Bool = false) throws {
        let memory = URL(filePath: "/dev/shm")
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        let parent = isThere ? memory : FileManager.default.temporaryDirectory
        url = parent.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// A new empty file in it, to be written.
    package func newFile(_ name: String) throws -> FileHandle {
        let file = url.appendingPathComponent(name)
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    /// What a file in it holds.
    package func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
    }
}
