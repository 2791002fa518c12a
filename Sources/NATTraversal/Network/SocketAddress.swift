import Glibc
package import CSystemCalls

/// An address with a port and, for a link-local IPv6 address, the interface it belongs to.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    package var address: IPAddress
    /// The port; 0 lets the system choose one.
    package var port: UInt16
    /// The interface index that stands for the zone; 0 if none is needed.
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

    /// The zone by the interface's name, or by its number if it has gone or its name would not be
    /// read back as it is; `nil` if none is needed.
    package var zone: String? {
        guard scopeID != 0, address.family == .ipv6 else { return nil }
        guard let name = Self.interfaceName(scopeID),
            GatewayAddress("fe80::1%" + name)?.zone == name
        else { return String(scopeID) }
        return name
    }

    /// The index of the interface that a zone names, which may be its number; `nil` if there is none.
    ///
    /// A name goes before a number, as in getaddrinfo(3): the kernel allows names of digits.
    package static func scopeID(zone: String) -> UInt32? {
        let named = unsafe if_nametoindex(zone)
        if named != 0 { return named }
        return UInt32(zone).flatMap { interfaceName($0) == nil ? nil : $0 }
    }

    private static func interfaceName(_ index: UInt32) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard unsafe if_indextoname(index, &buffer) != nil else { return nil }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reads an address that the kernel filled in; `nil` for any other family.
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

extension SocketAddress {
    /// Looks up the address from which this host would send to this one; nothing is sent.
    ///
    /// - Parameter interface: the interface to use; `nil` lets the routes decide.
    /// - Returns: one of this host's addresses.
    /// - Throws: `SystemError`, for instance ENETUNREACH when no route leads there.
    func source(by interface: String? = nil) throws(SystemError) -> IPAddress {
        let socket = try UDPSocket(address.family)
        if let interface {
            // Kernels before 5.7 forbid this to ordinary users; then only the routes decide.
            try? socket.bind(toInterface: interface)
        }
        try socket.connect(to: self)
        return try socket.localAddress().address
    }
}
