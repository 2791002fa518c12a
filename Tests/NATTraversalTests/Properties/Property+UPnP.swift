@testable import NATTraversal

extension Property {
    private static let router = SocketAddress(.v4(IPv4Address(rawValue: 0xC0A8_0101)), port: 1900)
    private static let linkLocalRouter = SocketAddress(
        .v6(IPv6Address(rawValue: 0xFE80 << 112 | 1)), port: 1900, scopeID: 3)
    private static let gateway = GatewayAddress(.v4(IPv4Address(rawValue: 0xC0A8_0101)))

    /// Whatever a datagram says, only its sender is contacted; what is kept is bounded, and a
    /// repetition is no news.
    static let ssdp = Property("ssdp", sizeLimit: 2048, fixtures: ["upnp/ssdp"]) { bytes in
        let datagrams = bytes.split(separator: 0).prefix(64).map(Array.init)
        for source in [router, linkLocalRouter] {
            var replies = SSDPReplies(
                gateways: [linkLocalRouter.address.unmapped], limits: .gateway)
            var record = SSDPAliveRecord(gateways: [source.address], device: nil)
            var news = 0
            for payload in datagrams + [bytes] {
                let datagram = Datagram(source: source, payload: payload)
                if let message = SSDPMessage(parsing: payload) {
                    try check(message, from: source)
                }
                if replies.receive(datagram) != nil { news += 1 }
                try require(replies.receive(datagram) == nil, "a repetition is a reply")
                _ = record.isHint(datagram)
                try require(!record.isHint(datagram), "a repetition is a hint")
            }
            try require(
                news <= SSDPLimits.gateway.locationsPerSource, "\(news) locations of one source")
        }
    }

    private static func check(_ message: SSDPMessage, from source: SocketAddress) throws {
        _ = (message.namesGateway, message.isAlive, message.isUpdate, message.udn)
        _ = SSDPPresence(message, from: source)
        guard let url = SSDPLocation(message.location, from: source).url else { return }
        try require(
            url.host == source.address.unmapped && url.scopeID == source.scopeID,
            "\(url) was named by \(source)")
        try check(url)
    }

    /// Whatever a description says, its services are called at the host that it came from, and it
    /// stays within its limits.
    static let description = Property(
        "description", sizeLimit: 4096, fixtures: ["upnp/desc"]
    ) { bytes in
        for location in try [
            HTTPURL("http://192.168.1.1:5000/a/d.xml"),
            HTTPURL.givenByUser("http://[fe80::1%253]:5000/d.xml").url,
        ] {
            guard let description = try? DeviceDescription(parsing: bytes, from: location) else {
                continue
            }
            try require(
                description.services.count <= DeviceDescription.serviceLimit
                    && !description.devices.isEmpty,
                "\(description.services.count) services, \(description.devices.count) devices")
            try require(description.base.isSameHost(as: location), "base \(description.base)")
            for service in description.services {
                try require(description.devices.indices.contains(service.device), "the device")
                let urls =
                    [service.control, service.scpd, service.event].map(\.url)
                    + [service.otherControl]
                for url in urls.compactMap(\.self) {
                    try require(url.isSameHost(as: location), "\(url) is elsewhere")
                    try check(url)
                }
            }
            for device in description.devices {
                let texts = [device.friendlyName, device.udn, device.modelName, device.type]
                try require(texts.allSatisfy { ($0?.utf8.count ?? 0) <= 4096 }, "a long text")
                try require(device.depth < 32, "depth \(device.depth)")
            }
            _ = (description.connectionServices, description.isGateway)
        }
    }

    /// Whatever a service says of its actions, an argument is checked without a trap.
    static let scpd = Property(
        "scpd", sizeLimit: 4096, fixtures: ["upnp/scpd"]
    ) { bytes in
        guard let scpd = try? SCPD(parsing: bytes) else { return }
        for action in scpd.actions.prefix(16) {
            try require(!action.name.isEmpty, "an action without a name")
            for value in ["1", "-9223372036854775808", "tcp", ""] {
                let arguments = action.inputs.map { UPnPArgument($0.name, value) }
                guard let ordered = try? action.ordered(arguments) else { continue }
                try require(
                    ordered.map(\.name) == action.inputs.map(\.name), "\(ordered) of \(action)")
            }
        }
    }

    /// An answer to an action stays within its limits, and its entry or fault reads without a trap.
    static let soap = Property("soap", sizeLimit: 4096, fixtures: ["upnp/soap"]) { bytes in
        for limits in [XMLLimits.action, .call] {
            switch try? SOAPAnswer(parsing: bytes, limits: limits) {
            case .response(let response):
                try require(
                    response.results.allSatisfy { $0.value.utf8.count <= limits.textBytes },
                    "a long result")
                if let entry = try? PortMappingEntry(response.results) {
                    try require(entry.remainingSeconds != 0, "a lease of 0")
                }
                let key = PortMappingKey(transport: .tcp, externalPort: 80)
                _ = try? PortMappingEntry(response.results, for: key)
            case .fault(let fault):
                guard let code = fault.errorCode else { continue }
                let type = UPnPType("urn:schemas-upnp-org:service:WANIPConnection:1")
                let refusal = GatewayRefusal(gateway: gateway, code: code, service: type)
                try require(refusal.code == Int(code), "code \(refusal.code)")
                _ = (refusal.kind, refusal.description, GatewayReaction(toFault: code))
            case .empty:
                try require(bytes.allSatisfy(\.isXMLBlank), "\(bytes.count) bytes are empty")
            case nil: break
            }
        }
    }

    /// What can be called reads back as the same call, whatever the texts (T-11).
    static let soapRequest = Property("soap-request", sizeLimit: 1024) { bytes in
        var texts = Script(bytes).texts()[...]
        let request = SOAPRequest(
            serviceType: texts.popFirst() ?? "", action: texts.popFirst() ?? "",
            arguments: stride(from: texts.startIndex, to: texts.endIndex - 1, by: 2)
                .map { UPnPArgument(texts[$0], texts[$0 + 1]) })
        guard let header = try? request.soapAction, let body = try? request.encoded else { return }
        try require(
            header.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                && header.utf8.filter { $0 == UInt8(ascii: "\"") }.count == 2,
            "SOAPACTION: \(header)")
        let limits = XMLLimits(bytes: 1 << 20, textBytes: 1 << 20)
        let root = try XMLTree(parsing: body, limits: limits).root
        guard root.name == "Envelope", let call = root.child("Body")?.children.first,
            call.name == request.action.utf8Suffix(after: ":"),
            call.children.count == request.arguments.count
        else { throw Violation(description: "\(request) is read as \(root)") }
        for (argument, element) in zip(request.arguments, call.children) {
            let value = argument.value.trimmed(toUTF8Bytes: .max).text
            try require(
                element.name == argument.name.utf8Suffix(after: ":")
                    && element.text.utf8.elementsEqual(value.utf8),
                "\(argument) is read as \(element)")
        }
    }

    /// A table inside an answer is read entry by entry.
    static let portListing = Property(
        "port-listing", sizeLimit: 4096, fixtures: ["upnp/soap"]
    ) { bytes in
        guard let listing = try? PortMappingListing(parsing: String(decoding: bytes, as: UTF8.self))
        else { return }
        try require(listing.entries.count + listing.skipped <= 20_000, "too many entries")
        for entry in listing.entries {
            try require(
                entry.description.utf8.count <= 4096 && entry.internalClient.utf8.count <= 4096,
                "a long text")
            _ = entry.leads(to: router.address)
        }
    }
}

extension String {
    fileprivate func utf8Suffix(after separator: Character) -> String {
        lastIndex(of: separator).map { String(self[index(after: $0)...]) } ?? self
    }
}
