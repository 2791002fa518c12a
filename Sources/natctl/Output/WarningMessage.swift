import NATTraversal

extension MapperWarning {
    /// What went otherwise than expected: one line, without a full stop.
    var message: String {
        switch self {
        case .doubleNAT(let address, let gateway, let outer?):
            "the external address \(address) of \(gateway) is private: the router \(outer) stands "
                + "between it and the Internet. Open the port there too, leading to \(address), or "
                + "put one of the two in bridge mode"
        case .doubleNAT(let address, let gateway, nil):
            "the external address \(address) of \(gateway) is private: another router stands "
                + "between it and the Internet"
        case .carrierNAT(let address, let gateway):
            "the external address \(address) of \(gateway) is shared by the carrier's customers "
                + "(carrier-grade NAT): nobody outside can reach it"
        case .reservedAddress(let address, let gateway):
            "the external address \(address) of \(gateway) is \(address.scope.adjective): nobody "
                + "outside can reach it"
        case .containerNetwork:
            PortMapperError.bridge + PortMapperError.wayOutOfBridge
        case .repliesElsewhere(let address, let interface?, let router, let gateway):
            "replies from \(address) would leave through \(plain(interface))"
                + (router.map { " to \($0)" } ?? "")
                + ", not through \(gateway), so connections from outside may fail; a rule such as "
                + "\"ip rule add from \(address) lookup TABLE\" can route them back"
        case .repliesElsewhere(let address, nil, _, let gateway):
            "this host has no route from \(address) to the Internet, so connections through "
                + "\(gateway) may fail"
        case .noExternalAddress(let gateway):
            "\(gateway) reported no external address"
        case .disagreement(let addresses):
            "different external addresses were reported: "
                + Set(addresses.map(\.description)).sorted().joined(separator: ", ")
        case .permanentLease(let transport, let port):
            "\(transport.rawValue) \(port): the gateway grants permanent mappings only; "
                + "delete this one with natctl unmap"
        case .unverified(let transport, let port):
            "\(transport.rawValue) \(port): the mapping could not be read back from the gateway's table"
        case .filterUnproved(let transport, let port, let remoteHost):
            "\(transport.rawValue) \(port): asked for \(remoteHost) only; common routers accept "
                + "this limit by PCP but do not enforce it"
        case .firewallOff(let transport, let port):
            "\(transport.rawValue) \(port): the gateway's IPv6 firewall is off, so there was nothing "
                + "to open: every port of this host can be reached from the Internet"
        case .stillOpen(let mapping):
            "\(mapping.subject) of \(mapping.internalAddress) is still open and \(mapping.endText): "
                + "\(mapping.gateway) did not close it, so natctl requested its shortest lifetime"
        case .notDefaultGateway(let address):
            "the UPnP device \(address) is not the gateway that was asked; a mapping there may lead "
                + "nowhere"
        case .shorterLifetime(let transport, let port, let granted, let asked):
            "\(transport.rawValue) \(port): the gateway granted \(lifetimes(granted, asked))"
        case .differentExternalPort(let transport, let port, let granted, let suggested):
            "\(transport.rawValue) \(port): the gateway granted external port \(granted) instead "
                + "of \(suggested)"
        case .differentPorts(let port, let tcp, let udp):
            "tcp \(port) and udp \(port) have the external ports \(tcp) and \(udp): the gateway "
                + "granted no common one"
        case .sensitivePort(let port, let service):
            "port \(port), usually \(service), is now open to the whole Internet; --remote-host "
                + "asks for one peer only"
        case .misconfiguredGateway(let gateway):
            "\(gateway) reports its LAN address as its external address; it is misconfigured"
        case .leaseFileUnusable(let path, let problem):
            "cannot use the lease file \(plain(path)): \(problem)"
        case .leaseFileDamaged(let path):
            "the lease file was damaged; it is now \(plain(path))"
        case .leaseFolderExposed(let path):
            "other users can write to \(plain(path)), and so change natctl's leases; it should "
                + "belong to you, with mode 0700"
        case .leaseOfAbsentGateway(let mapping):
            "\(mapping.subject) was mapped by \(mapping.gateway), which is not a default gateway now; "
                + "the mapping \(mapping.endText); to delete it, name that gateway with --gateway"
        case .leaseOfFormerAddress(let mapping):
            "\(mapping.subject) leads to \(mapping.internalAddress), which this host no longer has; "
                + "the mapping \(mapping.endText)"
        case .leaseWithoutAnswer(let mapping):
            "\(mapping.gateway) answered neither now nor when \(mapping.subject) was requested; if "
                + "there is a mapping, it \(mapping.endText)"
        case .leasesOnly(let gateway, let reason):
            "showing natctl's leases only: the table of \(gateway?.description ?? "the gateway") "
                + (reason.map { "could not be read: \($0.userMessage)" }
                    ?? "can be read by UPnP only")
        case .repointedLocation(let location):
            "\(location.host) gave another host's address for its description; natctl read "
                + "\(location) instead"
        case .unchecked:
            "the service's description could not be read; the arguments were sent unchecked"
        case .truncatedAnswers(let count):
            "\(count) more answers were ignored"
        case .truncatedTable(let entries, false):
            "natctl stopped reading the gateway's table after \(entries) entries; there may be more"
        case .truncatedTable(let entries, true):
            "reading the gateway's table failed after \(entries) entries; there may be more"
        case .truncatedTexts(let device):
            "\(device) sent texts longer than 4096 bytes, which were cut"
        case .unreadableEntries(1):
            "1 entry of the gateway's table is left out: it could not be read, or is not for one port and "
                + "one address"
        case .unreadableEntries(let count):
            "\(count) entries of the gateway's table are left out: they could not be read, or are not for "
                + "one port and one address"
        case .mappingFailed(let transport, let port, let error):
            "\(transport.rawValue) \(port) could not be mapped; retrying: \(error.userMessage)"
        case .hookFailed(let problem):
            problem
        }
    }

    /// A member of a document's `warnings`.
    var document: JSONValue { ["code": .string(code.rawValue), "message": .string(message)] }
}

/// `1h instead of 2h`, in seconds where that would not show a difference.
private func lifetimes(_ granted: UInt32, _ asked: UInt32) -> String {
    let texts = [granted, asked].map { durationText(.seconds(Int64($0))) }
    return texts[0] == texts[1]
        ? "\(granted)s instead of \(asked)s" : "\(texts[0]) instead of \(texts[1])"
}

extension Mapping {
    fileprivate var subject: String { "\(transport.rawValue) \(internalPort)" }

    /// When it ends by itself.
    fileprivate var endText: String { expiry.map { "expires at \($0)" } ?? "never expires" }
}
