import Foundation
import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("Folder watch", .timeLimit(.minutes(10))) struct FolderWatchTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func replace() throws {
        try folder.write("new", to: "temporary")
        #expect(unsafe rename(folder.path + "/temporary", folder.path + "/file") == 0)
    }

    @Test("rings when a file was replaced or deleted, before somebody waits or meanwhile")
    func rings() async throws {
        let watch = try FolderWatch(folder.path)
        try replace()
        try await watch.wait()
        let waiting = Task { try await watch.wait() }
        await Task.yield()
        #expect(unsafe unlink(folder.path + "/file") == 0)
        try await waiting.value
    }

    @Test("rings once for several events, and not for what is only opened or written")
    func ringsOnce() async throws {
        let watch = try FolderWatch(folder.path)
        for _ in 1...20 { try replace() }
        try await watch.wait()
        try folder.write("more", to: "lock")
        let waiting = Task { try await watch.wait() }
        try await Task.sleep(for: .milliseconds(50))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("there is none of a folder that does not exist")
    func fails() throws {
        let problem = SystemError("inotify_add_watch", code: ENOENT)
        #expect(throws: problem) { try FolderWatch(folder.path + "/none") }
    }
}
