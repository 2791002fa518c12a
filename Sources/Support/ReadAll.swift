import Glibc

/// Reads a file.
///
/// - Parameters:
///   - path: its path.
///   - limit: how many bytes are read at most; what follows stays unread.
/// - Returns: its bytes.
/// - Throws: `SystemError` of open(2) and read(2).
package func readAll(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open") }
    defer { close(descriptor) }
    return try readAll(from: descriptor, limit: limit)
}

/// Reads from a descriptor that blocks until its end, at most `limit` bytes.
package func readAll(from descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65536)
    while bytes.count < limit {
        let count = unsafe read(descriptor, &part, min(part.count, limit - bytes.count))
        if count == 0 { break }
        if count > 0 {
            bytes += part[..<count]
        } else if errno != EINTR {
            throw SystemError("read")
        }
    }
    return bytes
}
