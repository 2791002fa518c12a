extension GatewayState {
    /// What its three devices are called behind `uuid:`; the last two digits tell them apart.
    static let identifiers = ["aa", "ab", "ac"].map { "00000000-0000-0000-0000-0000000000" + $0 }

    /// The service that makes mappings.
    var connection: SimulatedService {
        var service = SimulatedService.connection(configuration.upnp)
        service.type = named(service.type)
        return service
    }

    /// The services of the root device, the WANDevice and the WANConnectionDevice.
    var services: [SimulatedService] {
        var services: [SimulatedService] = [.forwarding, .line]
        if faults.upnp.hasIdleConnection { services.append(.idleConnection) }
        if isIPv6 { services.append(.firewall) }
        return services + [connection]
    }

    /// The device description, as its faults have it (UDA 1.1, section 2.3).
    var deviceDescription: String {
        let version = configuration.upnp.version
        let last = device(
            "WANConnectionDevice:\(version)", Self.identifiers[2],
            faults.upnp.hidesConnection ? [] : Array(services[2...]))
        let line = device("WANDevice:\(version)", Self.identifiers[1], [.line], last)
        let root = device(
            "InternetGatewayDevice:\(version)", Self.identifiers[0], [.forwarding], line)
        let base = faults.upnp.baseURL.map { "<URLBase>\(escaped($0))</URLBase>" } ?? ""
        let document = """
            <?xml version="1.0"?>
            <root xmlns="urn:schemas-upnp-org:device-1-0">\
            <specVersion><major>1</major><minor>\(version - 1)</minor></specVersion>\
            \(base)\(root)</root>

            """
        return faults.upnp.padsDescription ? " \r\n\(document)\0\0" : document
    }

    /// A device or service type in the spelling of this gateway.
    private func named(_ type: String) -> String {
        faults.upnp.namesDSLForum
            ? type.replacing("schemas-upnp-org", with: "dslforum-org") : type
    }

    private func device(
        _ type: String, _ identifier: String, _ services: [SimulatedService],
        _ embedded: String = ""
    ) -> String {
        let list = services.map(element).joined()
        return "<device><deviceType>\(named("urn:schemas-upnp-org:device:\(type)"))</deviceType>"
            + "<friendlyName>\(escaped(faults.upnp.friendlyName))</friendlyName>"
            + "<manufacturer>natctl</manufacturer><modelName>gateway-simulator</modelName>"
            + "<UDN>uuid:\(identifier)</UDN>"
            + (list.isEmpty ? "" : "<serviceList>\(list)</serviceList>")
            + (embedded.isEmpty ? "" : "<deviceList>\(embedded)</deviceList>") + "</device>"
    }

    private func element(_ service: SimulatedService) -> String {
        "<service><serviceType>\(named(service.type))</serviceType>"
            + "<serviceId>urn:upnp-org:serviceId:\(service.identifier)</serviceId>"
            + "<SCPDURL>\(service.descriptionPath)</SCPDURL>"
            + "<controlURL>\(escaped(controlURL(of: service)))</controlURL>"
            + "<eventSubURL>\(service.eventPath)</eventSubURL></service>"
    }

    private func controlURL(of service: SimulatedService) -> String {
        guard service.controlPath == connection.controlPath else { return service.controlPath }
        return faults.upnp.controlURL ?? service.controlPath
    }
}

/// A text as it stands in an XML document.
func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
        switch character {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        default: escaped.append(character)
        }
    }
}
