import Logging

/// The way to the Internet as this host sees it: the best gateway, and where this host is attached.
struct NetworkWay: Hashable, Sendable {
    /// The gateways to ask, best first.
    var targets: [GatewayTarget]
    /// This host's place towards the first of them.
    var place: NetworkPlace
    /// The index of its interface; 0 where the system does not tell it.
    var interfaceIndex: UInt32

    /// The best gateway's name.
    var gateway: String { targets.first?.name ?? "" }

    /// The way at this moment; `nil` when there is none, or the system does not tell.
    static func current(_ selection: GatewaySelection) -> NetworkWay? {
        do throws(PortMapperError) {
            let targets = try selection.targets()
            guard let first = targets.first else { return nil }
            let address = try first.link().local.address
            let interface = try? NetworkInterface.all().first { $0.address == address }
            return NetworkWay(
                targets: targets,
                place: NetworkPlace(interface: interface?.name, address: address),
                interfaceIndex: interface?.index ?? 0)
        } catch {
            log.debug("no way to a gateway: \(error)")
            return nil
        }
    }

    /// The addresses that the best gateway may announce itself from: the one that is asked, and that
    /// of the IPv6 router on the same interface, which nearly always is the same box.
    var gatewayAddresses: [SocketAddress] {
        let name = place.interface
        let routers = (try? Gateway.candidates(family: .ipv6, interface: name)) ?? []
        return targets.prefix(1).map(\.socketAddress)
            + routers.filter { $0.interfaceIndex == interfaceIndex }.map {
                $0.socketAddress(port: GatewayLink.port)
            }
    }

    /// Every address at which others can reach this host.
    static func everyAddress(_ family: AddressFamily?) -> [IPAddress] {
        ((try? NetworkInterface.all()) ?? []).filter {
            $0.isUp && !$0.isLoopback && (family == nil || $0.family == family)
        }.map(\.address)
    }
}
