import CSystemCalls
import Glibc

extension SocketAddress {
    /// The address that `descriptor` is bound to (getsockname).
    package static func local(of descriptor: Int32) throws(SystemError) -> SocketAddress {
        try unsafe read("getsockname") { unsafe getsockname(descriptor, $0, $1) }
    }

    /// The address at the other end of `descriptor` (getpeername).
    package static func peer(of descriptor: Int32) throws(SystemError) -> SocketAddress {
        try unsafe read("getpeername") { unsafe getpeername(descriptor, $0, $1) }
    }

    private static func read(
        _ name: String,
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call($0, &length)
            }
        }
        guard result == 0, let address = SocketAddress(storage) else { throw SystemError(name) }
        return address
    }
}
