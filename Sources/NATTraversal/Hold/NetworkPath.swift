import Glibc
import Logging

/// The path to the Internet as this host sees it: the best gateway, and where this host is attached.
struct NetworkPath: Hashable, Sendable {
    /// Where this host is attached to the network of a gateway.
    struct Attachment: Hashable, Sendable {
        var place: NetworkPlace
        /// The index of the interface, which changes when an interface of the same name is made anew;
        /// 0 where the system does not tell it.
        var interfaceIndex: UInt32

        /// The one towards a gateway at this moment.
        ///
        /// - Throws: `PortMapperError`.
        init(towards target: GatewayTarget) throws(PortMapperError) {
            let address = try target.socket().local.address
            let interface = try? NetworkInterface.all().first { $0.address == address }
            place = NetworkPlace(interface: interface?.name, address: address)
            interfaceIndex = interface?.index ?? 0
        }

        init(place: NetworkPlace, interfaceIndex: UInt32) {
            self.place = place
            self.interfaceIndex = interfaceIndex
        }

        /// Keeps what was known of the interface where the system does not tell it now: a table that
        /// could not be read, on a busy machine or for want of a descriptor, is no other network.
        mutating func remember(_ old: Attachment) {
            if interfaceIndex == 0, place.address == old.place.address { self = old }
        }
    }

    /// The gateways to ask, best first.
    var targets: [GatewayTarget]
    /// Towards the first of them.
    var attachment: Attachment

    /// The best gateway; a path has one.
    var gateway: GatewayAddress? { targets.first?.name }
    /// This host's place towards it.
    var place: NetworkPlace { attachment.place }

    /// Whether it leads to the same gateway from the same place.
    func isSame(as other: NetworkPath?) -> Bool {
        gateway == other?.gateway && attachment == other?.attachment
    }

    /// The path at this moment; `nil` when there is none, and the one before while nothing can be
    /// known of it.
    static func current(_ selection: GatewaySelection, before old: NetworkPath?) -> NetworkPath? {
        do throws(PortMapperError) {
            let targets = try selection.targets()
            guard let first = targets.first else { return nil }
            return NetworkPath(targets: targets, attachment: try Attachment(towards: first))
        } catch {
            log.debug("no path to a gateway: \(error)")
            return error.tellsNothing ? old : nil
        }
    }

    /// The addresses that the best gateway may announce itself from: the one that is asked, and that
    /// of the IPv6 router on the same interface, which nearly always is the same box.
    var gatewayAddresses: [SocketAddress] {
        let name = place.interface
        let routers = (try? Gateway.candidates(family: .ipv6, interface: name)) ?? []
        return targets.prefix(1).map(\.socketAddress)
            + routers.filter { $0.interfaceIndex == attachment.interfaceIndex }.map {
                $0.socketAddress(port: GatewaySocket.port)
            }
    }

    /// Every address at which others can reach this host.
    static func everyAddress(_ family: AddressFamily?) -> [IPAddress] {
        ((try? NetworkInterface.all()) ?? []).filter {
            $0.isUp && !$0.isLoopback && (family == nil || $0.family == family)
        }.map(\.address)
    }
}

extension PortMapperError {
    /// Whether this host's tables cannot be read at this moment, for want of a descriptor for
    /// instance, which is no other network.
    var tellsNothing: Bool {
        guard case .system(let error) = self else { return false }
        return error.isOfThisHost || error.code == ETIMEDOUT
    }
}
