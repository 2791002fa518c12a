package import CSystemCalls
import Glibc

/// An address with a port and, for a link-local IPv6 address, the interface it belongs to.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    package var address: IPAddress
    /// The port, 0 where the system is to choose one.
    package var port: UInt16
    /// The interface index that stands for a zone; 0 where none is needed.
    package var scopeID: UInt32

    /// An address with a port.
    package init(_ address: IPAddress, port: UInt16, scopeID: UInt32 = 0) {
        self.address = address
        self.port = port
        self.scopeID = scopeID
    }

    /// `192.168.1.1:5351` or `[fe80::1%2]:5351`.
    package var description: String {
        switch address {
        case .v4(let address): "\(address):\(port)"
        case .v6(let address): "[\(address)\(scopeID == 0 ? "" : "%\(scopeID)")]:\(port)"
        }
    }

    /// Reads what the kernel filled in; `nil` for another family than the two.
    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = leadingBytes(of: storage, as: sockaddr_in.self)
            self.init(
                .v4(IPv4Address(rawValue: UInt32(bigEndian: address.sin_addr.s_addr))),
                port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = leadingBytes(of: storage, as: sockaddr_in6.self)
            let value = unsafe withUnsafeBytes(of: address.sin6_addr) {
                unsafe $0.loadUnaligned(as: UInt128.self)
            }
            self.init(
                .v6(IPv6Address(rawValue: UInt128(bigEndian: value))),
                port: UInt16(bigEndian: address.sin6_port), scopeID: address.sin6_scope_id)
        default:
            return nil
        }
    }

    /// Lends the address to a system call.
    package func withSockaddr<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) rethrows -> Result {
        switch address {
        case .v4(let address):
            var value = sockaddr_in()
            value.sin_family = sa_family_t(AF_INET)
            value.sin_port = port.bigEndian
            value.sin_addr.s_addr = address.rawValue.bigEndian
            return try unsafe Self.lend(value, to: body)
        case .v6(let address):
            var value = sockaddr_in6()
            value.sin6_family = sa_family_t(AF_INET6)
            value.sin6_port = port.bigEndian
            value.sin6_scope_id = scopeID
            unsafe withUnsafeMutableBytes(of: &value.sin6_addr) {
                unsafe $0.copyBytes(from: address.octets)
            }
            return try unsafe Self.lend(value, to: body)
        }
    }

    private static func lend<Value, Result>(
        _ value: Value, to body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) rethrows -> Result {
        try unsafe withUnsafePointer(to: value) { pointer in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try unsafe body($0, socklen_t(MemoryLayout<Value>.size))
            }
        }
    }
}

/// The first bytes of `storage` as the smaller structure that its family says it holds.
private func leadingBytes<Value>(
    of storage: sockaddr_storage, as type: Value.Type
) -> Value {
    unsafe withUnsafeBytes(of: storage) { unsafe $0.load(as: type) }
}
