import Glibc

/// An open file that is closed when its owner goes.
struct FileDescriptor: ~Copyable {
    private let descriptor: Int32

    /// Opens `path`; a file that is made is this user's alone.
    init(opening path: String, flags: Int32) throws(LeaseFileProblem) {
        descriptor = unsafe open(path, flags, 0o600)
        guard descriptor >= 0 else { throw .system(SystemError("open")) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Takes the advisory lock, which goes with the descriptor.
    ///
    /// - Parameters:
    ///   - wait: how long to wait while nothing shows that the lock changes hands.
    ///   - limit: how long to wait in all.
    ///   - progress: a value that other processes change while they hold the lock.
    /// - Throws: `LeaseFileProblem.locked` when others hold it for that long.
    func lock(
        wait: Duration, limit: Duration, progress: () -> some Equatable
    ) async throws {
        let end = ContinuousClock.now + max(wait, limit)
        var deadline = ContinuousClock.now + wait
        var seen = progress()
        // The holder needs only a millisecond or two, but a hundred waiting processes that check
        // without a pause would leave it no processor.
        var pause = Duration.milliseconds(2)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw LeaseFileProblem.system(SystemError("flock"))
            }
            let present = progress()
            if present != seen { deadline = ContinuousClock.now + wait }
            seen = present
            guard ContinuousClock.now < min(deadline, end) else { throw LeaseFileProblem.locked }
            try await Task.sleep(for: pause * Double.random(in: 0.5...1.5))
            pause = min(pause * 2, .milliseconds(40))
        }
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws(LeaseFileProblem) {
        do throws(SystemError) { try writeAll(bytes, to: descriptor) } catch {
            throw .system(error)
        }
    }

    /// Waits until the disk has it.
    func synchronize() throws(LeaseFileProblem) {
        guard fsync(descriptor) == 0 else { throw .system(SystemError("fsync")) }
    }

    /// Reads a regular file whole.
    ///
    /// - Throws: `LeaseFileProblem.damaged` for another kind of file or a larger one.
    func read(limit: Int) throws(LeaseFileProblem) -> [UInt8] {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(SystemError("fstat")) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { throw .damaged }
        var bytes: [UInt8] = []
        // One more than is expected, so that the end is noticed at once.
        var buffer = [UInt8](repeating: 0, count: min(max(Int(status.st_size), 0) + 1, 65536))
        while bytes.count <= limit {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw .system(SystemError("read"))
            }
        }
        throw .damaged
    }
}
