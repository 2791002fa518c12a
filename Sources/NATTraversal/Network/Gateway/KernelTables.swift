import Glibc

/// The kernel's routes, links and addresses.
///
/// They are read by netlink; if a sandbox forbids that, routes are read from /proc,
/// interfaces have only a name and an index, and reading addresses fails.
struct KernelTables: ~Copyable {
    private var socket: NetlinkSocket?
    /// Why there is no netlink socket.
    private let obstacle: SystemError?
    /// The interfaces read so far; too few for a dictionary to pay off.
    private var knownLinks: [InterfaceLink] = []

    /// Opens the tables; nothing is read yet.
    ///
    /// - Throws: `SystemError` when netlink fails for a reason other than a sandbox.
    init() throws(SystemError) {
        do throws(SystemError) {
            socket = try NetlinkSocket()
            obstacle = nil
        } catch {
            guard Self.isForbidden(error) else { throw error }
            socket = nil
            obstacle = error
        }
    }

    /// The tables of a sandbox that answers netlink with this error.
    init(withoutNetlink obstacle: SystemError) {
        socket = nil
        self.obstacle = obstacle
    }

    private static func isForbidden(_ error: SystemError) -> Bool {
        [EPERM, EACCES, EAFNOSUPPORT, EPROTONOSUPPORT].contains(error.code)
    }

    /// The default routes of a family, in all tables, in the kernel's order.
    mutating func defaultRoutes(_ family: AddressFamily) throws(SystemError) -> [DefaultRoute] {
        guard socket != nil else { return try Self.procRoutes(family) }
        return try ask(.routes(family), parse: DefaultRoute.init(parsing:))
    }

    /// The hop that a packet from one of this host's addresses to another host would take.
    ///
    /// - Throws: `SystemError`, with ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL when there is no
    ///   route or one that drops packets.
    mutating func hop(
        to destination: IPAddress, from source: IPAddress
    ) throws(SystemError) -> DefaultRoute.Hop? {
        try ask(.route(to: destination, from: source), parse: DefaultRoute.Hop.init(parsing:)).first
    }

    /// An interface by its index; `nil` when there is none.
    mutating func link(index: UInt32) throws(SystemError) -> InterfaceLink? {
        if let link = knownLinks.first(where: { $0.index == index }) { return link }
        guard socket != nil else { return Self.procLink(index: index) }
        return try oneLink(.link(index: index))
    }

    /// The kind of a virtual interface, such as `veth`; `nil` for any other and when there is none.
    mutating func linkKind(index: UInt32) throws(SystemError) -> String? {
        try ask(.link(index: index), parse: InterfaceLink.kind(parsing:)).first
    }

    /// An interface by its name.
    ///
    /// - Throws: `SystemError`, with ENODEV when no interface has this name.
    mutating func link(named name: String) throws(SystemError) -> InterfaceLink {
        // The kernel's limit; its own error for a longer name says less.
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

    /// The peer of a point-to-point interface, if one of its addresses names it.
    mutating func peer(
        _ family: AddressFamily, interfaceIndex: UInt32
    ) throws(SystemError) -> IPAddress? {
        if obstacle != nil { return nil }
        return try addresses(family).first {
            $0.interfaceIndex == interfaceIndex && $0.peer != nil
        }?.peer
    }

    /// Every address of a family, or of both.
    mutating func addresses(
        _ family: AddressFamily? = nil
    ) throws(SystemError) -> [InterfaceAddress] {
        try ask(.addresses(family), parse: InterfaceAddress.init(parsing:))
    }

    /// The link-layer address that an address on an interface's network was resolved to.
    ///
    /// - Returns: `nil` when it was not, or there is none on such a link.
    /// - Throws: `SystemError`, with ENOENT when the kernel does not know the neighbour.
    mutating func linkLayerAddress(
        of address: IPAddress, interfaceIndex: UInt32
    ) throws(SystemError) -> [UInt8]? {
        try ask(
            .neighbour(address, interfaceIndex: interfaceIndex),
            parse: [UInt8].init(linkLayerAddressIn:)
        ).first
    }

    private mutating func ask<Element>(
        _ request: NetlinkRequest,
        parse: @escaping (NetlinkMessage) throws(WireError) -> Element?
    ) throws(SystemError) -> [Element] {
        if let obstacle { throw obstacle }
        return try socket?.ask(request, parse: parse) ?? []
    }
}
