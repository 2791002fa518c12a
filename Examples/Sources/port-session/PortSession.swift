import NATTraversal
import Surroundings

/// Maps a TCP port by NAT-PMP and the UDP port of the same number by PCP, one request after the
/// other, for ten minutes at most: `port-session PORT`.
@main struct PortSession {
    static func main() async throws {
        let interruption = Interruption()
        let named = gatewayOfTheEnvironment().gateway
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ PortNumber($0) }),
            let gateway = try named?.address ?? Gateway.candidates(family: .ipv4).first?.address,
            case .v4(let address) = gateway
        else { return show("usage: port-session PORT, behind a gateway of IPv4") }
        let (server, limit) = (named?.port?.rawValue ?? 5351, Duration.seconds(10))

        let natPMP = try NATPMPClient(gateway: address, port: server, timeout: limit)
        show("NAT-PMP: external address \(try await natPMP.externalAddress())")
        let mapped = try await natPMP.map(
            .tcp, internalPort: port, suggestedExternalPort: port, lifetime: .seconds(600))
        show("NAT-PMP: tcp \(mapped.externalPort) for \(mapped.lifetime)")

        let pcp = try PCPClient(gateway: gateway, port: server, timeout: limit)
        show("PCP: a table that is \(try await pcp.announce()) s old")
        let grant = try await pcp.map(
            .udp, internalPort: port, suggestedExternalPort: port, lifetime: .seconds(300))
        let renewed = try await pcp.map(
            .udp, internalPort: port, suggestedExternalPort: grant.externalPort,
            lifetime: .seconds(600), nonce: grant.nonce)
        show("PCP: udp \(renewed.externalAddress):\(renewed.externalPort) for \(renewed.lifetime)")

        await interruption.wait()
        try await natPMP.unmap(.tcp, internalPort: port)
        try await pcp.unmap(.udp, internalPort: port, nonce: renewed.nonce)
        show("deleted")
    }
}
