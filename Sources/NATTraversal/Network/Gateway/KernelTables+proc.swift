import Glibc

/// The substitutes for netlink.
extension KernelTables {
    /// The default routes of the main table.
    static func procRoutes(_ family: AddressFamily) throws(SystemError) -> [DefaultRoute] {
        switch family {
        case .ipv4:
            return DefaultRoute.parse(procIPv4: try read("/proc/net/route"), index: procIndex)
        case .ipv6:
            return DefaultRoute.parse(procIPv6: try read("/proc/net/ipv6_route"), index: procIndex)
        }
    }

    static func procLink(named name: String) -> InterfaceLink? {
        procIndex(of: name).map { InterfaceLink(index: $0, name: name, flags: 0) }
    }

    private static func procIndex(of name: String) -> UInt32? {
        let index = unsafe if_nametoindex(name)
        return index == 0 ? nil : index
    }

    static func procLink(index: UInt32) -> InterfaceLink? {
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard unsafe if_indextoname(index, &name) != nil else { return nil }
        let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return InterfaceLink(index: index, name: String(decoding: bytes, as: UTF8.self), flags: 0)
    }

    /// One of the kernel's tables as text; empty when the kernel lacks it (no IPv6).
    static func read(_ path: String) throws(SystemError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return "" }
            throw SystemError("open")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
            } else if count == 0 {
                return String(decoding: bytes, as: UTF8.self)
            } else if errno != EINTR {
                throw SystemError("read")
            }
        }
    }
}
