import NATTraversal

extension GatewayState {
    /// The targets that a search can find, each with the device it belongs to.
    private var searchTargets: [(target: String, identifier: String)] {
        let version = configuration.upnp.version
        let devices = ["InternetGatewayDevice", "WANDevice", "WANConnectionDevice"]
        var targets = [("upnp:rootdevice", Self.identifiers[0])]
        for (index, device) in devices.enumerated() {
            let identifier = Self.identifiers[index]
            targets.append(("uuid:\(identifier)", identifier))
            targets.append(("urn:schemas-upnp-org:device:\(device):\(version)", identifier))
            targets.append((services[index].type, identifier))
        }
        for service in services.dropFirst(devices.count) {
            targets.append((service.type, Self.identifiers[2]))
        }
        return targets
    }

    /// The answers to a datagram on the search port: one for each target that it finds.
    mutating func answers(
        toSearch datagram: [UInt8], from client: SocketAddress, location: String,
        at now: ContinuousClock.Instant
    ) -> [[UInt8]] {
        guard let search = try? HTTPRequest(head: datagram), search.method == "M-SEARCH",
            search.path == "*", search.version == "HTTP/1.1"
        else { return [] }
        log.append(.init(operation: .search, client: client, bytes: datagram, instant: now))
        guard search.value(of: "man")?.lowercased() == "\"ssdp:discover\"",
            let target = search.value(of: "st"), faults.silence != .all, !isLost()
        else { return [] }
        if let only = faults.upnp.onlySearchTarget, only != target { return [] }
        return searchTargets.compactMap { found in
            guard Self.finds(target, found.target) else { return nil }
            let answered = target == "ssdp:all" ? found.target : target
            return answer(answered, found.identifier, faults.upnp.location ?? location)
        }
    }

    /// Whether a search for `target` finds `found`; a lower version finds a higher one.
    private static func finds(_ target: String, _ found: String) -> Bool {
        if target == found || target == "ssdp:all" { return true }
        guard target.hasPrefix("urn:"), let colon = target.lastIndex(of: ":"),
            found.hasPrefix(target[...colon]),
            let wanted = Int(target[target.index(after: colon)...]),
            let version = Int(found[target.index(after: colon)...])
        else { return false }
        return wanted <= version
    }

    /// What it tells everybody after a restart: that each target is alive (UDA 1.1, section 1.2.2).
    func aliveMessages(location: String) -> [[UInt8]] {
        searchTargets.map { target, identifier in
            let headers = [
                ("HOST", isIPv6 ? "[FF02::C]:1900" : "239.255.255.250:1900"),
                ("CACHE-CONTROL", "max-age=120"),
                ("LOCATION", faults.upnp.location ?? location), ("NT", target),
                ("NTS", "ssdp:alive"), ("SERVER", "Linux UPnP/1.1 gateway-simulator/1"),
                ("USN", uniqueName(of: target, identifier)),
                ("BOOTID.UPNP.ORG", String(bootIdentifier)), ("CONFIGID.UPNP.ORG", "1"),
            ]
            let lines = headers.map { "\($0): \($1)\r\n" }
            return Array(("NOTIFY * HTTP/1.1\r\n" + lines.joined() + "\r\n").utf8)
        }
    }

    private func uniqueName(of target: String, _ identifier: String) -> String {
        target.hasPrefix("uuid:") ? "uuid:\(identifier)" : "uuid:\(identifier)::\(target)"
    }

    private func answer(_ target: String, _ identifier: String, _ location: String) -> [UInt8] {
        let headers = [
            ("CACHE-CONTROL", "max-age=120"), ("ST", target),
            ("USN", uniqueName(of: target, identifier)), ("EXT", ""),
            ("SERVER", "Linux UPnP/1.1 gateway-simulator/1"), ("LOCATION", location),
            ("BOOTID.UPNP.ORG", String(bootIdentifier)), ("CONFIGID.UPNP.ORG", "1"),
        ]
        let isSloppy = faults.upnp.hasSloppyHeaders
        let lines = headers.map { name, value in
            isSloppy ? "\(name.lowercased()):\(value)\n" : "\(name): \(value)\r\n"
        }
        // The sloppy one ends without a blank line.
        return Array(
            ("HTTP/1.1 200 OK\(isSloppy ? "\n" : "\r\n")" + lines.joined()
                + (isSloppy ? "" : "\r\n")).utf8)
    }
}
