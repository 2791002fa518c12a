import CSystemCalls
import Glibc
import NATTraversal

/// A text as a file without a name, for a child to read.
///
/// Not a pipe: a child that does not read would keep us writing, and one that ends early would send
/// us SIGPIPE.
struct MemoryFile: ~Copyable {
    let descriptor: Int32

    /// A file that holds `text`, at its beginning.
    init(_ text: String) throws(SystemError) {
        descriptor = csystem_memory_file()
        guard descriptor >= 0 else { throw SystemError("memfd_create") }
        try writeAll(Array(text.utf8), to: descriptor)
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }
}
