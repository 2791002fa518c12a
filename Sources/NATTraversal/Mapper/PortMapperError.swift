/// Why an operation on mappings failed.
///
/// Each case says what happened, and `description` is the sentence that natctl prints, before any
/// hint about its options.
@nonexhaustive
public enum PortMapperError: Error, Hashable, Sendable {
    /// This host has no default route with a gateway.
    case noGateway
    /// This host has default routes with a gateway of this family only, not of the other one, which
    /// was to be asked.
    case onlyGatewaysOf(AddressFamily)
    /// The interface that was named has no default route; the best one leads to this gateway by
    /// another interface.
    case noRouteBy(interface: String, gateway: IPAddress, itsInterface: String)
    /// This process is in a container whose network is a bridge on its host, where no router maps
    /// ports; the error is what came of asking all the same.
    indirect case behindBridge(PortMapperError)
    /// There is no interface of this name.
    case noSuchInterface(String)
    /// This host has no IPv6 address that could be opened; `reason` says what the interface has.
    case noGlobalAddress(interface: String?, reason: String)
    /// Nobody outside can reach this internal address, whatever the gateway opens.
    case unreachable(IPAddress, reason: String)
    /// The gateway cannot be reached: ICMP says so, or the service that UPnP found refuses the
    /// connection; then `technique` is UPnP.
    case closed(gateway: GatewayAddress, technique: Technique? = nil, cause: SystemError)
    /// The gateway answers, but offers none of the allowed techniques.
    case unsupported(gateway: GatewayAddress, technique: Technique)
    /// The gateway did not answer in this time; `technique` is one by which it had answered before.
    case noAnswer(gateway: GatewayAddress, technique: Technique? = nil, after: Duration)
    /// The gateway's answer does not fit the request, or its grant is no mapping.
    case badAnswer(gateway: GatewayAddress, technique: Technique, problem: String)
    /// The gateway refused.
    case refused(GatewayRefusal)
    /// Another external port was granted than the one demanded; the grant was deleted.
    case portTaken(
        gateway: GatewayAddress, technique: Technique, wanted: PortNumber, granted: PortNumber)
    /// The entry at this external port leads to another host, and was left alone.
    case foreign(gateway: GatewayAddress, externalPort: PortNumber, client: IPAddress)
    /// The gateway has no external address.
    case noExternalAddress(gateway: GatewayAddress, technique: Technique)
    /// The external address cannot be reached from the Internet, although that was demanded.
    case notPublic(IPAddress, gateway: GatewayAddress, technique: Technique?)
    /// The mapping could not be verified, because the gateway's table cannot be read by UPnP for this
    /// reason; it was deleted again.
    indirect case unverifiable(PortMapperError)
    /// No remaining technique can express the request, such as a remote host by NAT-PMP.
    case inexpressible(String)
    /// No UPnP device has a service of this name.
    case noSuchService(String)
    /// Another process has unmapped a port that this one holds.
    case unmappedElsewhere(gateway: GatewayAddress)
    /// A system call on this host failed.
    case system(SystemError)
    /// The lease file could not be used, and the operation needs it.
    case leaseFile(path: String, problem: String)
}

extension PortMapperError: CustomStringConvertible {
    /// What happened: one sentence without a full stop, for people and for a log.
    public var description: String {
        switch self {
        case .noGateway:
            "this host has no default gateway"
        case .onlyGatewaysOf(let family):
            family == .ipv6
                ? "this host has an IPv6 gateway but no IPv4 gateway"
                : "this host has an IPv4 gateway but no IPv6 gateway"
        case .noRouteBy(let interface, let gateway, let other):
            "\(plain(interface)) has no default route: the gateway is \(gateway) on "
                + "\(plain(other))"
        case .behindBridge(let error):
            "\(error); \(Self.bridge)"
        case .noSuchInterface(let name):
            "there is no interface \(plain(name))"
        case .noGlobalAddress(let interface, let reason):
            "\(interface.map { plain($0) } ?? "this host") has no global IPv6 address to open: "
                + reason
        case .unreachable(let address, let reason):
            "\(address) cannot be opened to the Internet: \(reason)"
        case .closed(let gateway, .upnp, let cause):
            "\(gateway) cannot be reached by UPnP (\(cause.reason))"
        case .closed(let gateway, _, let cause):
            "\(gateway) does not accept port mapping requests (\(cause.reason))"
        case .unsupported(let gateway, .upnp):
            "\(gateway) speaks UPnP, but offers no port mapping by it"
        case .unsupported(let gateway, let technique):
            "\(gateway) does not speak \(technique.displayName)"
        case .noAnswer(let gateway, let technique, let time):
            Self.silence(of: gateway, technique, within: "\(time)")
        case .badAnswer(let gateway, let technique, let problem):
            "\(gateway) gave no usable \(technique.displayName) answer: \(problem)"
        case .refused(let refusal):
            refusal.description
        case .portTaken(_, _, let wanted, let granted):
            "external port \(wanted) is unavailable; the gateway offered \(granted)"
        case .foreign(let gateway, let port, let client):
            "external port \(port) of \(gateway) leads to \(client), not to this host"
        case .noExternalAddress(let gateway, _):
            "\(gateway) has no external address"
        case .notPublic(let address, let gateway, _):
            "the external address of \(gateway), \(address), is \(address.scope.adjective), not "
                + "public: nobody outside can reach it"
        case .unverifiable(let error):
            "\(Self.cannotVerify): \(error)"
        case .inexpressible(let problem):
            problem
        case .noSuchService(let name):
            "no UPnP device on this network offers \(plain(name))"
        case .unmappedElsewhere(let gateway):
            "another process has deleted the mapping on \(gateway)"
        case .system(let error):
            "network error on this host: \(error)"
        case .leaseFile(let path, let problem):
            "the lease file \(displayed(path, limit: nil)) cannot be used: \(problem)"
        }
    }

    /// Why ports cannot be mapped from a container on a bridge: a clause.
    package static let bridge =
        "this is a container on a bridge network, where no router maps ports"

    /// The clause in front of the reason of `unverifiable`.
    package static let cannotVerify = "the mapping cannot be verified without UPnP"

    /// The sentence of a silence, with the time as its caller writes times.
    package static func silence(
        of gateway: GatewayAddress, _ technique: Technique?, within time: String
    ) -> String {
        switch technique {
        case .upnp?: "\(gateway) did not answer by UPnP within \(time)"
        case let other?:
            "\(gateway) speaks \(other.displayName), but did not answer this request within \(time)"
        case nil: "\(gateway) did not answer within \(time)"
        }
    }
}

extension PortMapperError {
    /// Whether there is no gateway to ask.
    var meansNoGateway: Bool {
        switch self {
        case .noGateway, .onlyGatewaysOf, .noRouteBy: true
        default: false
        }
    }

    /// This failure to read the gateway's table, as that to verify a mapping; a failure of this host
    /// stays as it is.
    var asUnverifiable: PortMapperError {
        switch self {
        case .noAnswer(let gateway, _, let time):
            .unverifiable(.noAnswer(gateway: gateway, technique: .upnp, after: time))
        case .closed(let gateway, _, let cause):
            .unverifiable(.closed(gateway: gateway, technique: .upnp, cause: cause))
        case .unsupported, .badAnswer, .refused: .unverifiable(self)
        default: self
        }
    }

    /// The error of a UPnP device, with the gateway's name, and so its port, where the device is at the
    /// gateway's address: UPnP itself knows only the host of its URLs.
    func naming(_ gateway: SocketAddress) -> PortMapperError {
        let host = GatewayAddress(hostOf: gateway)
        let name = { $0 == host ? GatewayAddress(gateway) : $0 }
        switch self {
        case .closed(let device, let technique, let cause):
            return .closed(gateway: name(device), technique: technique, cause: cause)
        case .unsupported(let device, let technique):
            return .unsupported(gateway: name(device), technique: technique)
        case .noAnswer(let device, let technique, let time):
            return .noAnswer(gateway: name(device), technique: technique, after: time)
        case .badAnswer(let device, let technique, let problem):
            return .badAnswer(gateway: name(device), technique: technique, problem: problem)
        case .refused(var refusal):
            refusal.gateway = name(refusal.gateway)
            return .refused(refusal)
        default:
            return self
        }
    }

    /// The error, told as a silence since `start` where it is one: each technique knows only of its
    /// own part of the wait.
    package func silent(since start: ContinuousClock.Instant) -> PortMapperError {
        guard case .noAnswer(let gateway, let technique, _) = self else { return self }
        return .noAnswer(
            gateway: gateway, technique: technique, after: start.duration(to: .now))
    }
}
