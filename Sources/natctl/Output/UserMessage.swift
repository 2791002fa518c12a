import NATTraversal

extension PortMapperError {
    /// What failed, then what to try: one line, no type names.
    var userMessage: String {
        switch self {
        case .noGateway:
            "this host has no default gateway; connect to a network or name one with --gateway"
        case .noSuchInterface(let name):
            "there is no interface \(plain(name)); natctl list-interfaces shows them"
        case .closed(let gateway, .upnp, let cause):
            "\(gateway) answered the search for UPnP, but its service cannot be reached "
                + "(\(cause.reason))"
        case .closed(let gateway, _, let cause):
            "\(gateway) cannot be asked (\(cause.reason)); "
                + "port mapping may be off in its settings"
        case .unsupported(let gateway, .upnp):
            "\(gateway) was found, but offers no port mapping by UPnP; its line may be down, or "
                + "the service off in its settings"
        case .unsupported(let gateway, let technique):
            "\(gateway) does not speak \(technique.displayName); try another --via"
        case .noAnswer(let gateway, .upnp, let after):
            "\(gateway) was found by UPnP, but did not answer within \(durationText(after)); try "
                + "again, or a longer --timeout"
        case .noAnswer(let gateway, let other?, let after):
            "\(gateway) speaks \(other.displayName), but did not answer what it was asked within "
                + "\(durationText(after)); try again, or a longer --timeout"
        case .noAnswer(let gateway, _, let after):
            "\(gateway) did not answer within \(durationText(after)); "
                + "port mapping may be off in its settings, or its address wrong"
        case .badAnswer(let gateway, let technique, let problem):
            "\(gateway) gave no usable \(technique.displayName) answer: \(problem)"
        case .refused(let refusal):
            refusal.userMessage
        case .portTaken(_, _, let wanted, let granted):
            "external port \(wanted) is unavailable; the gateway offered \(granted). "
                + "Choose another, or leave out --exact"
        case .foreign(let gateway, let port, let client):
            "external port \(port) of \(gateway) leads to \(client), not to this host; it stays. "
                + "To delete it anyway, run natctl upnp-call WANIPConnection DeletePortMapping"
        case .noExternalAddress(let gateway, _):
            "\(gateway) has no address on the Internet side; is its line up?"
        case .notPublic(let address, let gateway, _):
            "the external address of \(gateway), \(address), is \(address.scope.rawValue), not "
                + "public: nobody outside can reach it"
        case .noSuchService(let name):
            "no UPnP device here has a service \(plain(name)); natctl upnp-scan shows what there is"
        case .inexpressible(let what):
            what
        case .unmappedElsewhere:
            "another process unmapped it"
        case .system(let error):
            "this host's network failed: \(error)"
        case .leaseFile(let path, let problem):
            "the lease file \(displayed(path, limit: nil)) cannot be used: \(problem)"
        }
    }
}

extension GatewayRefusal {
    fileprivate var userMessage: String {
        let said = "\(gateway) refused (\(technique.displayName) \(name ?? "code") \(code))"
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
        // Not known apart from outside (A-7, A-4).
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
