import Logging

/// One address of one interface of this host.
public struct NetworkInterface: Hashable, Sendable {
    /// The interface's name.
    public let name: String
    /// The interface's index.
    public let index: UInt32
    /// The address.
    public let address: IPAddress
    /// How many bits of the address name its network.
    public let prefixLength: Int
    /// Whether the interface is switched on.
    public let isUp: Bool
    /// Whether it is the loopback interface.
    public let isLoopback: Bool
    /// Whether it leads to a single peer, as tunnels do.
    public let isPointToPoint: Bool
    /// Whether the address is a temporary one, soon to be replaced (RFC 8981).
    public let isTemporary: Bool
    /// Whether new connections should not use the address (RFC 4862, section 5.5.4).
    public let isDeprecated: Bool
    /// Whether the address is still being probed for uniqueness, or is a duplicate.
    public let isTentative: Bool
    /// Why this is the best address of its family, a sentence without its full stop; else `nil`.
    public internal(set) var bestReason: String?

    /// The family of the address.
    public var family: AddressFamily { address.family }
    /// The scope of the address.
    public var scope: AddressScope { address.scope }
    /// Whether this is the best address of its family (`BestAddress`).
    public var isBest: Bool { bestReason != nil }

    /// Whether an address is on the network that this address of the interface is on.
    func hasOnItsNetwork(_ other: IPAddress) -> Bool {
        address.sharesNetwork(with: other, prefixLength: prefixLength)
    }

    init(_ address: InterfaceAddress, of link: InterfaceLink) {
        name = link.name
        index = link.index
        self.address = address.address
        prefixLength = address.prefixLength
        isUp = link.isUp
        isLoopback = link.isLoopback
        isPointToPoint = link.isPointToPoint
        isTemporary = address.isTemporary
        isDeprecated = address.isDeprecated
        isTentative = address.isTentative
    }

    /// Every address of every interface, in the order of the interfaces, IPv4 first.
    ///
    /// This includes loopback and interfaces that are down, but no interface without an address.
    ///
    /// - Throws: `SystemError` when the kernel does not report them (a sandbox without netlink).
    public static func all() throws(SystemError) -> [NetworkInterface] {
        var tables = try KernelTables()
        var interfaces = try tables.interfaces()
        let gateways = try Gateway.candidates(family: nil, interface: nil, from: &tables)
        for family in AddressFamily.allCases {
            let gateway = gateways.first { $0.address.family == family }
            let best = BestAddress(family, among: interfaces, gateway: gateway)
            // It may be another interface's than the one it is used by, such as loopback's.
            let places = interfaces.indices.filter { interfaces[$0].address == best.address }
            let place = places.first { interfaces[$0].name == best.interface } ?? places.first
            if let place { interfaces[place].bestReason = best.reason }
            log.debug("best \(family) address \(best.address): \(best.reason)")
        }
        return interfaces
    }
}

extension IPAddress {
    /// Whether both addresses have the same first bits.
    func sharesNetwork(with other: IPAddress, prefixLength: Int) -> Bool {
        switch (self, other) {
        case (.v4(let own), .v4(let other)):
            let shift = UInt32(clamping: 32 - prefixLength)
            return own.rawValue ^ other.rawValue < (shift >= 32 ? UInt32.max : 1 << shift)
        case (.v6(let own), .v6(let other)):
            let shift = UInt32(clamping: 128 - prefixLength)
            return own.rawValue ^ other.rawValue < (shift >= 128 ? UInt128.max : 1 << shift)
        default:
            return false
        }
    }
}

extension KernelTables {
    /// Every address with its interface, none marked as best.
    mutating func interfaces() throws(SystemError) -> [NetworkInterface] {
        let links = try links().sorted { $0.index < $1.index }
        let addresses = try addresses()
        return links.flatMap { link in
            AddressFamily.allCases.flatMap { family in
                addresses.filter { $0.interfaceIndex == link.index && $0.address.family == family }
            }.map { NetworkInterface($0, of: link) }
        }
    }
}
