import Foundation
import TestSupport

/// A socket such as systemd has, which natctl tells how it does.
final class NotifySocket: Sendable {
    /// What `NOTIFY_SOCKET` says.
    let name: String
    private let folder: TemporaryFolder
    private let descriptor: Int32

    init(isAbstract: Bool = false) throws {
        folder = try TemporaryFolder()
        let path = folder.url.appendingPathComponent("notify").path
        name = (isAbstract ? "@" : "") + path
        var bytes = Array(name.utf8)
        if isAbstract { bytes[0] = 0 }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length)
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    }

    deinit { close(descriptor) }

    /// Whether a message has come that was not looked at.
    var hasMessage: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) > 0
    }

    /// The messages that have come since the last look.
    func messages() -> [String] {
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
