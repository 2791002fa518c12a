import NATTraversal
import Surroundings

/// Talks to the gateway's UPnP service in its own words: `igd-session PORT`.
@main struct IGDSession {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ PortNumber($0) }),
            let service = try await connectionService(), let url = service.control.url
        else { return print("usage: igd-session PORT, behind a gateway that speaks UPnP") }
        let client = try SocketAddress(url.host, port: url.port.rawValue, scopeID: url.scopeID)
            .source()
        print("\(service.name) at \(url)")

        let entry = [("NewRemoteHost", ""), ("NewExternalPort", "\(port)"), ("NewProtocol", "TCP")]
        let target = [
            ("NewInternalPort", "\(port)"), ("NewInternalClient", "\(client)"), ("NewEnabled", "1"),
            ("NewPortMappingDescription", "igd session"), ("NewLeaseDuration", "600"),
        ]
        for (action, arguments) in [
            ("GetExternalIPAddress", []), ("AddPortMapping", entry + target),
            ("GetSpecificPortMappingEntry", entry), ("DeletePortMapping", entry),
        ] {
            let results = try await service.call(action, arguments.map { UPnPArgument($0, $1) })
            print("\(action):", results.map { "\($0.name)=\($0.value)" }.joined(separator: " "))
        }
    }

    /// The gateway's service: searched for, or where NATCTL_LOCATION says.
    static func connectionService() async throws -> UPnPService? {
        if let location = gatewayOfTheEnvironment().location {
            let device = try await UPnPBrowser(links: []).describe(location)
            return device.services.first { $0.name == "WANIPConnection" }
        }
        var services: [UPnPService] = []
        _ = try await UPnPBrowser(links: SSDPLink.ofHost()).scan { services += $0.services }
        return services.first { $0.name == "WANIPConnection" }
    }
}
