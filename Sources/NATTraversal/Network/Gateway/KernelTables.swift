import Glibc

/// The kernel's routes, links and addresses.
///
/// They are read by netlink; where a sandbox forbids that (quirks.md X-9), routes are read from
/// /proc, interfaces have their name and index alone, and there are no addresses.
struct KernelTables: ~Copyable {
    private var socket: NetlinkSocket?
    /// The interfaces that have been looked at; few, so that a dictionary would cost more.
    private var knownLinks: [InterfaceLink] = []

    /// The tables of this moment; nothing is read yet.
    ///
    /// - Throws: `SystemError` when netlink fails for another reason than a sandbox.
    init() throws(SystemError) {
        do throws(SystemError) {
            socket = try NetlinkSocket()
        } catch {
            guard Self.isForbidden(error) else { throw error }
            socket = nil
        }
    }

    private static func isForbidden(_ error: SystemError) -> Bool {
        [EPERM, EACCES, EAFNOSUPPORT, EPROTONOSUPPORT].contains(error.code)
    }

    /// The default routes of a family, in all tables, in the kernel's order.
    mutating func defaultRoutes(_ family: AddressFamily) throws(SystemError) -> [DefaultRoute] {
        guard socket != nil else { return try Self.procRoutes(family) }
        return try ask(.routes(family), parse: DefaultRoute.init(parsing:))
    }

    /// An interface by its index; `nil` when there is none.
    mutating func link(index: UInt32) throws(SystemError) -> InterfaceLink? {
        if let link = knownLinks.first(where: { $0.index == index }) { return link }
        guard socket != nil else { return Self.procLink(index: index) }
        return try oneLink(.link(index: index))
    }

    /// An interface by its name.
    ///
    /// - Throws: `SystemError`, with ENODEV when there is none of this name.
    mutating func link(named name: String) throws(SystemError) -> InterfaceLink {
        // The kernel's limit; of a longer name its error says less.
        let isName = (1...15).contains(name.utf8.count) && !name.utf8.contains(0)
        let link =
            switch (isName, socket != nil) {
            case (true, true): try oneLink(.linkNamed(name))
            case (true, false): Self.procLink(named: name)
            case (false, _): nil as InterfaceLink?
            }
        guard let link else { throw SystemError("netlink", code: ENODEV) }
        return link
    }

    private mutating func oneLink(
        _ request: NetlinkRequest
    ) throws(SystemError) -> InterfaceLink? {
        do throws(SystemError) {
            let link = try ask(request, parse: InterfaceLink.init(parsing:)).first
            if let link { knownLinks.append(link) }
            return link
        } catch {
            if error.code == ENODEV { return nil }
            throw error
        }
    }

    /// Every interface.
    mutating func links() throws(SystemError) -> [InterfaceLink] {
        try ask(.links, parse: InterfaceLink.init(parsing:))
    }

    /// Every address of a family, or of both.
    mutating func addresses(
        _ family: AddressFamily? = nil
    ) throws(SystemError) -> [InterfaceAddress] {
        try ask(.addresses(family), parse: InterfaceAddress.init(parsing:))
    }

    private mutating func ask<Element>(
        _ request: NetlinkRequest,
        parse: @escaping (NetlinkMessage) throws(WireError) -> Element?
    ) throws(SystemError) -> [Element] {
        try socket?.ask(request, parse: parse) ?? []
    }
}

/// What is left without netlink.
extension KernelTables {
    static func procRoutes(_ family: AddressFamily) throws(SystemError) -> [DefaultRoute] {
        switch family {
        case .ipv4:
            return DefaultRoute.parse(procIPv4: try read("/proc/net/route"), index: procIndex)
        case .ipv6:
            return DefaultRoute.parse(procIPv6: try read("/proc/net/ipv6_route"), index: procIndex)
        }
    }

    private static func procLink(named name: String) -> InterfaceLink? {
        procIndex(of: name).map { InterfaceLink(index: $0, name: name, flags: 0) }
    }

    private static func procIndex(of name: String) -> UInt32? {
        let index = unsafe if_nametoindex(name)
        return index == 0 ? nil : index
    }

    private static func procLink(index: UInt32) -> InterfaceLink? {
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard unsafe if_indextoname(index, &name) != nil else { return nil }
        let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return InterfaceLink(index: index, name: String(decoding: bytes, as: UTF8.self), flags: 0)
    }

    /// A table of the kernel as text; empty where the kernel lacks it (no IPv6).
    private static func read(_ path: String) throws(SystemError) -> String {
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
