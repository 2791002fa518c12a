import ArgumentParser
import Glibc
import NATTraversal

/// Which gateway is asked, and how long; shared by every command that asks one.
struct GatewayOptions: ParsableArguments {
    // Without a default value, which ArgumentParser would describe by casts: two of them take a
    // twentieth of the whole parsing.
    @Option(
        name: .customLong("via"),
        help: ArgumentHelp(
            "The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.",
            valueName: "technique"))
    var givenTechnique: TechniqueArgument?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ask only the gateway at this address. (default: every default route)",
            valueName: "address[:port]"))
    var gateway: GatewayAddress?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Read the UPnP description at this URL; its host is the gateway unless --gateway names "
                + "one. (default: search)", valueName: "url"))
    var location: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Use this interface. (default: the route's)", valueName: "name"),
        completion: .interfaces)
    var interface: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus "
                + "1s for each further port; 3s while no gateway has answered)",
            valueName: "duration"),
        completion: .timeouts)
    var timeout: DurationArgument?

    func validate() throws {
        if let gateway { try checkZone(gateway, interface: chosenInterface) }
        guard let location else { return }
        try checkLocation(location)
        if !via.usesUPnP {
            throw ValidationError.cannotCombine("--location", with: "--via \(via.rawValue)")
        }
    }

    var via: TechniqueArgument { givenTechnique ?? .auto }

    private var chosenInterface: String? { interface ?? environment("NATCTL_INTERFACE") }

    /// The first of these options that was given, `nil` for none.
    var firstGiven: String? {
        let given = [
            ("--via", via != .auto), ("--gateway", gateway != nil), ("--location", location != nil),
            ("--interface", interface != nil), ("--timeout", timeout != nil),
        ]
        return given.first(where: \.1)?.0
    }

    /// What the library is to do: flags before the environment, and of that what can apply.
    func selection() throws -> GatewaySelection {
        try selection { _ in true }
    }

    private func selection(
        whereVariable applies: (GatewayAddress) -> Bool
    ) throws -> GatewaySelection {
        let variable =
            gateway == nil && location == nil
            ? try environmentGateway(interface: chosenInterface) : nil
        let chosenGateway = gateway ?? variable.flatMap { applies($0) ? $0 : nil }
        return GatewaySelection(
            technique: via.technique, gateway: chosenGateway,
            location: try location.map { try locationURL($0, interface: chosenInterface) }
                ?? variableLocation(hasGateway: chosenGateway != nil),
            interface: chosenInterface,
            timeout: timeout?.duration)
    }

    /// The description that the environment names, where it applies.
    ///
    /// With `--via pcp` it tells no gateway, but where the table of the gateway is that
    /// `NATCTL_GATEWAY` names: `--verify`, and what UPnP has mapped before, need it.
    private func variableLocation(hasGateway: Bool) throws -> HTTPURL? {
        guard gateway == nil else { return nil }
        if via.usesUPnP { return try environmentLocation(interface: chosenInterface) }
        return hasGateway ? try? environmentLocation(interface: chosenInterface) : nil
    }

    /// The same for commands that map ports of one family.
    func selection(of family: AddressFamily) throws -> GatewaySelection {
        var selection = try selection { $0.address.family == family }
        if let gateway, gateway.address.family != family {
            throw ValidationError.otherGateway(gateway, family)
        }
        // An IPv4 gateway that is named has the network that the mapping leads to; nothing else
        // names it, and over IPv4 no pinhole can be opened.
        if selection.gateway == nil || family == .ipv6, let host = selection.location?.host,
            host.family != family
        {
            if location != nil { throw ValidationError.otherLocation(family) }
            selection.location = nil
        }
        return selection
    }

    /// Checks that the technique can open ports of a family.
    func validate(_ family: AddressFamily) throws {
        if family == .ipv6, via == .natPMP {
            throw ValidationError.cannotCombine(
                "--ipv6", with: "--via nat-pmp", because: "which does not support IPv6")
        }
        if let gateway, gateway.address.family != family {
            throw ValidationError.otherGateway(gateway, family)
        }
    }
}

/// A variable of the environment; an empty one counts as unset.
func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}

/// A description that is read in place of a search; `interface` is the zone of a link-local host
/// that has none.
///
/// - Throws: `ValidationError`, `PortMapperError.noSuchInterface`.
func locationURL(_ text: String, interface: String?) throws -> HTTPURL {
    let (url, zone) = try readLocation(text, interface: interface)
    if let zone { throw PortMapperError.noSuchInterface(zone) }
    if url.lacksZone { throw ValidationError.noZone(text) }
    return url
}

/// Checks how a description's URL is written; which interfaces there are is found out later.
func checkLocation(_ text: String) throws { _ = try readLocation(text) }

private func readLocation(
    _ text: String, interface: String? = nil
) throws -> (url: HTTPURL, unknownZone: String?) {
    do throws(URLRefusal) {
        return try HTTPURL.givenByUser(text, interface: interface)
    } catch {
        throw ValidationError.url(text, error)
    }
}

/// The description that the environment names.
func environmentLocation(interface: String?) throws -> HTTPURL? {
    guard let text = environment("NATCTL_LOCATION") else { return nil }
    do {
        return try locationURL(text, interface: interface)
    } catch let error as ValidationError {
        throw ValidationError("NATCTL_LOCATION: \(error.message)")
    }
}

/// The gateway of the environment; `interface` is the zone of a link-local one that has none.
func environmentGateway(interface: String?) throws -> GatewayAddress? {
    guard let text = environment("NATCTL_GATEWAY") else { return nil }
    guard let literal = GatewayAddress(text) else {
        throw ValidationError.gatewayVariable(text)
    }
    try checkZone(literal, interface: interface)
    return literal
}

/// Checks that a link-local gateway has its zone, or an interface stands for it.
func checkZone(_ gateway: GatewayAddress, interface: String?) throws {
    if gateway.lacksZone, interface == nil { throw ValidationError.noGatewayZone(gateway) }
}
