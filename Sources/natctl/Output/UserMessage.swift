import NATTraversal

extension PortMapperError {
    /// What happened, then what to try: one line, no type names.
    var userMessage: String { sentence + hint }

    /// What happened, in the library's words, with times as people write them.
    var sentence: String {
        switch self {
        case .noAnswer(let gateway, let technique, let after):
            Self.silence(of: gateway, technique, within: durationText(after))
        case .behindBridge(let error): "\(error.sentence); \(Self.bridge)"
        case .unverifiable(let error): "\(Self.cannotVerify): \(error.sentence)"
        case .unmappedElsewhere: "another process unmapped it"
        default: description
        }
    }

    /// What to try: the end of the sentence.
    private var hint: String {
        switch self {
        case .noGateway: "; connect to a network or name one with --gateway"
        case .onlyGatewaysOf(.ipv6): "; map -6 opens IPv6 ports"
        case .onlyGatewaysOf(.ipv4): "; leave out -6"
        case .noRouteBy: "; leave out --interface, or name a gateway with --gateway"
        case .behindBridge: Self.wayOutOfBridge
        case .noSuchInterface: "; natctl list-interfaces shows them"
        case .closed(_, .upnp, _), .noGlobalAddress, .unreachable, .badAnswer, .notPublic,
            .inexpressible, .unmappedElsewhere, .system, .leaseFile:
            ""
        case .closed: "; port mapping may be off in its settings"
        case .unsupported(_, .upnp):
            "; its Internet connection may be down, or port mapping off in its settings"
        case .unsupported: "; try another --via"
        case .noAnswer(_, nil, _):
            "; port mapping may be off in its settings, or the address may be wrong"
        case .noAnswer: "; try again, perhaps with a longer --timeout"
        case .refused(let refusal): refusal.hint
        case .unverifiable: "; leave out --verify to map all the same"
        case .portTaken: ". Choose another, or leave out --exact"
        case .foreign:
            "; it was left alone. To delete it anyway, run natctl upnp-call WANIPConnection "
                + "DeletePortMapping"
        case .noExternalAddress: "; check its Internet connection"
        case .noSuchService: "; natctl upnp-scan lists what there is"
        }
    }
}

extension PortMapperError {
    /// What to do in a container on a bridge network: the end of a sentence.
    static let wayOutOfBridge =
        ": use the host's network (such as docker run --network host), or name the router with "
        + "--gateway"
}

extension IPAddress {
    /// What to do behind a gateway with this external address: a clause.
    var wayOut: String {
        switch scope {
        case .private:
            "open the port on the router in front of it too, or put one of the two in bridge mode"
        case .shared: "ask the provider for a public address, or use IPv6 (-6)"
        default: "check its Internet connection"
        }
    }
}

extension GatewayRefusal {
    /// What the refusal may mean, and what to try: the end of a sentence about a mapping.
    fileprivate var hint: String {
        if let unreachableAddress {
            return ": its external address, \(unreachableAddress), is "
                + "\(unreachableAddress.scope.adjective), so nobody outside can reach it; "
                + unreachableAddress.wayOut
        }
        return switch (technique, code) {
        case (.pcp, 2), (.natPMP, 2):
            ": its rules forbid this port, or port mapping is off in its settings"
        case (.pcp, 12): ": another NAT stands between this host and it"
        case (.pcp, 7), (.natPMP, 3):
            ": it has no external address; its Internet connection may be down"
        case (.pcp, 8), (.natPMP, 4):
            ": its table is full, or it has no usable external address"
        case (.pcp, 10): ": this host has used up its quota; unmap a port first"
        case (.pcp, 11), (.upnp, 718), (.upnp, 729):
            ": that external port is unavailable; choose another"
        case (.pcp, 5), (.pcp, 13): ": it does not support what was requested"
        // Not known apart from outside.
        case (.upnp, 606):
            ": it may require permission for this host in its settings, allow only ports from "
                + "1024 on, or map only to the host that asks"
        case (.upnp, 402): ": it may grant permanent mappings only, or its table may be full"
        case (.upnp, 728): ": its table is full, or its rules forbid the port"
        case (.upnp, 726): ": it cannot limit a mapping to one peer"
        default: ""
        }
    }
}

/// A duration as people say it, in its two largest units: `2h`, `1h59m`, `1.5s`.
func durationText(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if seconds < 10, attoseconds > 0 {
        let tenths = attoseconds / 100_000_000_000_000_000
        return tenths == 0 ? "\(seconds)s" : "\(seconds).\(tenths)s"
    }
    let units: [(name: String, length: Int64)] = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]
    guard let largest = units.firstIndex(where: { seconds >= $0.length }) else {
        return "\(seconds)s"
    }
    var rest = seconds
    return units[largest...].prefix(2).reduce(into: "") { text, unit in
        if rest >= unit.length { text += "\(rest / unit.length)\(unit.name)" }
        rest %= unit.length
    }
}
