import NATTraversal

extension PortMapperError {
    /// What failed, in the library's words, then what to try: one line, no type names.
    var userMessage: String {
        switch self {
        case .noGateway:
            "\(description); connect to a network or name one with --gateway"
        case .onlyGatewaysOf(.ipv6):
            "\(description); with -6, map opens ports there"
        case .onlyGatewaysOf(.ipv4):
            "\(description); leave out -6"
        case .noRouteBy(let interface, let gateway, let other):
            "no default route leads out by \(plain(interface)): the gateway is \(gateway) on "
                + "\(plain(other)); leave out --interface, or name a gateway with --gateway"
        case .behindBridge(.noAnswer(let gateway, let technique, let after)):
            Self.silence(of: gateway, technique, within: durationText(after))
                + ". \(Self.bridge)\(Self.wayOutOfBridge)"
        case .behindBridge:
            "\(description)\(Self.wayOutOfBridge)"
        case .noSuchInterface(let name):
            "there is no interface \(plain(name)); natctl list-interfaces shows them"
        case .closed(_, .upnp, _), .badAnswer, .notPublic, .inexpressible, .system:
            description
        case .closed:
            "\(description); port mapping may be off in its settings"
        case .unsupported(_, .upnp):
            "\(description); its line may be down, or the service off in its settings"
        case .unsupported:
            "\(description); try another --via"
        case .noAnswer(let gateway, let technique, let after):
            Self.silence(of: gateway, technique, within: durationText(after))
                + (technique == nil
                    ? "; port mapping may be off in its settings, or its address wrong"
                    : "; try again, or a longer --timeout")
        case .refused(let refusal):
            refusal.userMessage
        case .portTaken:
            "\(description). Choose another, or leave out --exact"
        case .foreign:
            "\(description); it stays. To delete it anyway, run natctl upnp-call WANIPConnection "
                + "DeletePortMapping"
        case .noExternalAddress:
            "\(description); is its line up?"
        case .noSuchService(let name):
            "no UPnP device here has a service \(plain(name)); natctl upnp-scan shows what there is"
        case .unmappedElsewhere:
            "another process unmapped it"
        case .leaseFile(let path, let problem):
            "the lease file \(displayed(path, limit: nil)) cannot be used: \(problem)"
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
            "open the port on the router in front of it too, or make one of the two a bridge"
        case .shared: "ask the provider for a public address, or use IPv6 (-6)"
        default: "see what its line is connected to"
        }
    }
}

extension GatewayRefusal {
    fileprivate var userMessage: String {
        let said = description
        if let unreachableAddress {
            return "\(said): its external address, \(unreachableAddress), is "
                + "\(unreachableAddress.scope.rawValue), so nobody outside can reach it; "
                + unreachableAddress.wayOut
        }
        return switch (technique, code) {
        case (.pcp, 2), (.natPMP, 2):
            "\(said): its rules forbid this port, or port mapping is off in its settings"
        case (.pcp, 12):
            "\(said): another NAT stands between this host and it"
        case (.pcp, 7), (.natPMP, 3):
            "\(said): it has no address on the Internet side that it could map"
        case (.pcp, 8), (.natPMP, 4):
            "\(said): its table is full, or it has no usable external address"
        case (.pcp, 10):
            "\(said): this host has used up its quota; unmap something"
        case (.pcp, 11):
            "\(said): that external port is unavailable; choose another"
        case (.pcp, 5), (.pcp, 13):
            "\(said): it cannot do what was asked for"
        // Not known apart from outside.
        case (.upnp, 606):
            "\(said): it may want this host allowed to open ports in its settings, or map only "
                + "ports from 1024 on, or only to the host that asks"
        case (.upnp, 402):
            "\(said): it may refuse mappings that end by themselves, or its table may be full"
        case (.upnp, 728):
            "\(said): its table is full, or its rules forbid the port"
        case (.upnp, 718), (.upnp, 729):
            "\(said): that external port is unavailable; choose another"
        case (.upnp, 726):
            "\(said): it cannot limit a mapping to one peer"
        default:
            said
        }
    }
}

/// A duration as people say it: `2h`, `90s`, `1.5s`.
func durationText(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if seconds < 10, attoseconds > 0 {
        let tenths = attoseconds / 100_000_000_000_000_000
        return tenths == 0 ? "\(seconds)s" : "\(seconds).\(tenths)s"
    }
    for (unit, length) in [("d", Int64(86400)), ("h", 3600), ("m", 60)]
    where seconds >= length && seconds.isMultiple(of: length) {
        return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
}
