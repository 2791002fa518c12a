import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("Lease book") struct LeaseStoreTests {
    @Test("what can be read counts, even where nothing can be written")
    func readsWithoutWriting() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        let lease = try LeaseFileTests.lease()
        _ = try await LeaseFileTests.add(lease, to: file)
        #expect(unsafe unlink(folder.path + "/leases.lock") == 0)
        // No lock can be taken on a folder.
        #expect(unsafe mkdir(folder.path + "/leases.lock", 0o700) == 0)
        let book = LeaseStore(file)
        let seen = try await book.change(isDurable: true) { $0.leases }
        #expect(seen == [lease])
        #expect(book.warnings.map(\.code.rawValue) == ["leaseFileUnusable"])
    }

    @Test("a file that cannot be used costs one warning and no work")
    func works() async throws {
        let book = LeaseStore(LeaseFile(folder: "/dev/null/natctl"))
        for _ in 1...3 {
            #expect(try await book.change(isDurable: true) { $0.leases.count } == 0)
        }
        #expect(book.live(at: .now) == [])
        #expect(book.warnings.count == 1)
    }

    @Test("what is held is there whatever became of the file, until it is let go")
    func holds() async throws {
        let folder = try TemporaryFolder()
        let held = try LeaseFileTests.lease()
        // One that cannot be written, and one that another process or a set clock has emptied.
        for path in ["/dev/null/natctl", folder.path] {
            let book = LeaseStore(LeaseFile(folder: path))
            book.hold([held])
            #expect(try await book.change(isDurable: false) { $0[held.key] } == held)
            try await book.remove([held.key])
            #expect(try await book.change(isDurable: false) { $0[held.key] } == nil)
            book.hold([held])
            book.release([held.key])
            #expect(try await book.change(isDurable: false) { $0[held.key] } == nil)
        }
    }

    @Test("a command about leases alone fails without them")
    func fails() {
        let book = LeaseStore(LeaseFile(folder: nil))
        #expect(throws: PortMapperError.self) { try book.requireLive(at: .now) }
    }

    @Test("says where a damaged file went")
    func saysWhere() async throws {
        let folder = try TemporaryFolder()
        try folder.write("damaged", to: "leases.json")
        let book = LeaseStore(LeaseFile(folder: folder.path))
        try await book.change(isDurable: false) { _ in }
        #expect(book.warnings.map(\.code.rawValue) == ["leaseFileUnusable"])
        guard case .leaseFileDamaged(let path)? = book.warnings.first else { return }
        #expect(path.contains("damaged-"))
    }
}
