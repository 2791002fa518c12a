import ArgumentParser
import GatewaySimulator
import Glibc
import NATTraversal

/// What the gateway is.
struct GatewayOptions: ParsableArguments {
    @Option(
        help: """
            The address of this host to listen on (default: 127.0.0.1); an IPv6 one, with a zone \
            where it is link-local, makes an IPv6 router without NAT-PMP and forwarding.
            """,
        transform: listenAddress)
    var listen: SocketAddress?

    @Option(help: "The port for PCP and NAT-PMP; 0 for any that is free.")
    var port: UInt16 = 0

    @Option(
        help: "The address of this host on which mapped ports are opened.", transform: address)
    var externalAddress = IPv4Address(rawValue: 0x7F00_0002)

    @Option(help: "The external address that clients are told instead.", transform: address)
    var reportedAddress: IPv4Address?

    @Option(help: "What clients are told from SIGUSR2 on.", transform: address)
    var nextAddress: IPv4Address?

    @Option(help: "The only protocol spoken: pcp, nat-pmp or upnp.", transform: technique)
    var only: Technique?

    @Flag(help: "Nothing listens on the port; the gateway answers with ICMP.")
    var closedPort = false

    @Flag(
        help: """
            Restarts and new addresses are announced to 224.0.0.1:5350, and restarts to \
            239.255.255.250:1900, on the gateway's interface; over IPv6 to ff02::1 and ff02::c.
            """)
    var announce = false

    @Flag(
        help: "A new address is told to each client of PCP by three answers it has not asked for.")
    var mappingUpdates = false

    @Flag(help: "PCP clients may map for other hosts.")
    var allowThirdParty = false

    @Option(help: "The epoch at the start, in seconds.")
    var epoch: UInt32 = 0

    @Option(help: "The seed of everything random.")
    var seed: UInt64 = 1

    /// The gateway that behaves, with its UPnP side.
    func configuration(with upnp: UPnPConfiguration) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.upnp = upnp
        configuration.gateway = listening
        configuration.gateway.port = port
        configuration.externalAddress = externalAddress
        configuration.reportedAddress = reportedAddress
        configuration.techniques = only.map { [$0] } ?? Set(Technique.allCases)
        configuration.hasClosedPort = closedPort
        configuration.allowsThirdParty = allowThirdParty
        configuration.epochSeconds = epoch
        if announce {
            configuration.announcesTo = group(0xE000_0001, 1, port: 5350)
            configuration.upnp.announcesTo = group(0xEFFF_FFFA, 0xC, port: 1900)
        }
        configuration.seed = seed
        return configuration
    }
}

extension GatewayOptions {
    /// Where it listens.
    private var listening: SocketAddress { listen ?? SocketAddress(.v4(.loopback), port: 0) }

    /// The group on the gateway's link that has this address, or this last group of `ff02::`.
    private func group(_ ipv4: UInt32, _ ipv6: UInt128, port: UInt16) -> SocketAddress {
        switch listening.address.family {
        case .ipv4: SocketAddress(.v4(IPv4Address(rawValue: ipv4)), port: port)
        case .ipv6:
            SocketAddress(
                .v6(IPv6Address(rawValue: 0xFF02 << 112 | ipv6)), port: port,
                scopeID: listening.scopeID)
        }
    }
}

private func listenAddress(_ text: String) throws -> SocketAddress {
    guard let literal = GatewayAddress(text), literal.port == nil else {
        throw ValidationError("'\(text)' is not an address.")
    }
    guard let zone = literal.zone else { return SocketAddress(literal.address, port: 0) }
    let index = unsafe if_nametoindex(zone)
    guard index != 0 else { throw ValidationError("There is no interface '\(zone)'.") }
    return SocketAddress(literal.address, port: 0, scopeID: index)
}

private func address(_ text: String) throws -> IPv4Address {
    guard let address = IPv4Address(text) else {
        throw ValidationError("'\(text)' is not an IPv4 address.")
    }
    return address
}

private func technique(_ text: String) throws -> Technique {
    guard let technique = Technique(rawValue: text) else {
        throw ValidationError("'\(text)' is neither pcp nor nat-pmp nor upnp.")
    }
    return technique
}
