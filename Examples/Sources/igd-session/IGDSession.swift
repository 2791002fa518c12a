import NATTraversal
import Surroundings

/// Opens a TCP port in the gateway's own words, for ten minutes at most: `igd-session PORT`.
@main struct IGDSession {
    static func main() async throws {
        let interruption = Interruption()
        let device =
            if let location = gatewayOfTheEnvironment().location {
                try await UPnPBrowser().describe(location)
            } else { try await UPnPBrowser().gateway() }
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ PortNumber($0) }),
            let device, let service = device.connectionServices.first,
            let client = device.localAddress
        else { return show("usage: igd-session PORT, behind a gateway that speaks UPnP") }
        func call(_ action: String, _ arguments: [(String, String)] = []) async throws {
            let results = try await service.call(action, arguments.map { UPnPArgument($0, $1) })
            show("\(action): " + results.map { "\($0.name)=\($0.value)" }.joined(separator: " "))
        }
        show("\(service.type) at \(device.location)")
        try await call("GetExternalIPAddress")
        let entry = [("NewRemoteHost", ""), ("NewExternalPort", "\(port)"), ("NewProtocol", "TCP")]
        let target = [
            ("NewInternalClient", "\(client)"), ("NewInternalPort", "\(port)"), ("NewEnabled", "1"),
            ("NewPortMappingDescription", "igd-session"), ("NewLeaseDuration", "600"),
        ]
        try await call("AddPortMapping", entry + target)
        do {
            try await call("GetSpecificPortMappingEntry", entry)
            for index in 0..<1000 {
                try await call("GetGenericPortMappingEntry", [("NewPortMappingIndex", "\(index)")])
            }
        } catch PortMapperError.refused(let refusal) where refusal.code == 713 {
            show("the end of the list")
        } catch { show("\(error)") }
        await interruption.wait()
        try await call("DeletePortMapping", entry)
    }
}
