/// Which of this host's IPv6 addresses a pinhole is to open.
///
/// The gateway opens the address that asks, and says success for any: for one that nobody outside
/// can reach, for one of a prefix that has gone, and for one that the next hour replaces. So the
/// choice is this host's (N-18).
enum PinholeAddress: Hashable, Sendable {
    /// A stable global address.
    case stable(IPAddress)
    /// There are only temporary ones, which end before the mapping does (RFC 8981, section 3.4).
    case onlyTemporary(IPAddress)
    /// There is none; what there is instead.
    case none(Lack)

    /// What an interface has in place of a global address.
    enum Lack: Hashable, Sendable {
        case noAddress
        /// Addresses that are being probed, or are duplicates.
        case onlyTentative
        /// Addresses whose prefix the router no longer announces (RFC 4862, section 5.5.4).
        case onlyDeprecated
        /// Addresses that nobody outside can reach, of this scope, link-local ones aside.
        case onlyUnreachable(AddressScope)
    }

    /// Test networks use addresses of the documentation prefix.
    private static let globalScopes: [AddressScope] = [.public, .documentation]

    /// Whether hosts outside can have a route to an address.
    static func isGlobal(_ address: IPAddress) -> Bool { globalScopes.contains(address.scope) }

    /// Chooses among the addresses of the interface towards the gateway, in the kernel's order, a
    /// public one before one for documentation.
    init(among addresses: [NetworkInterface], interfaceIndex: UInt32) {
        let own = addresses.filter { $0.index == interfaceIndex && $0.family == .ipv6 }
        let global = Self.globalScopes.flatMap { scope in own.filter { $0.scope == scope } }
        let usable = global.filter { !$0.isDeprecated && !$0.isTentative }
        if let stable = usable.first(where: { !$0.isTemporary }) {
            self = .stable(stable.address)
        } else if let temporary = usable.first {
            self = .onlyTemporary(temporary.address)
        } else if global.contains(where: { !$0.isTentative }) {
            self = .none(.onlyDeprecated)
        } else if !global.isEmpty {
            self = .none(.onlyTentative)
        } else if let scope = own.map(\.scope).first(where: { $0 != .linkLocal }) {
            self = .none(.onlyUnreachable(scope))
        } else {
            self = .none(own.isEmpty ? .noAddress : .onlyUnreachable(.linkLocal))
        }
    }

    /// The address that is opened unless the user names one.
    ///
    /// - Parameter interface: the interface's name, for the error.
    /// - Returns: the stable global address.
    /// - Throws: `PortMapperError.noGlobalAddress`.
    func address(of interface: String?) throws(PortMapperError) -> IPAddress {
        switch self {
        case .stable(let address): return address
        case .onlyTemporary(let address):
            throw .noGlobalAddress(
                interface: interface,
                reason: "only temporary ones, such as \(address), which --internal-address can name"
            )
        case .none(let lack): throw .noGlobalAddress(interface: interface, reason: lack.reason)
        }
    }

    /// Checks an address that the user has named, of this host or of another one.
    ///
    /// - Parameters:
    ///   - address: the address.
    ///   - addresses: those of this host.
    /// - Throws: `PortMapperError.unreachable`, and `.noGlobalAddress` for one that this host cannot
    ///   use yet.
    static func check(
        _ address: IPAddress, among addresses: [NetworkInterface]
    ) throws(PortMapperError) {
        guard isGlobal(address) else {
            throw .unreachable(address, reason: "it is \(address.scope.rawValue)")
        }
        guard let own = addresses.first(where: { $0.address == address }) else { return }
        if own.isTentative {
            throw .noGlobalAddress(
                interface: own.name, reason: "\(address) is tentative, or another host has it too")
        }
        if own.isDeprecated {
            throw .unreachable(
                address, reason: "it is deprecated: the router no longer announces its prefix")
        }
    }
}

extension PinholeAddress.Lack {
    /// What there is, as the end of a sentence.
    fileprivate var reason: String {
        switch self {
        case .noAddress: "no IPv6 address at all"
        case .onlyTentative: "only tentative or doubled ones"
        case .onlyDeprecated: "only deprecated ones, whose prefix the router no longer announces"
        case .onlyUnreachable(let scope):
            "only \(scope.rawValue) ones, which nobody outside can reach"
        }
    }
}
