import Logging

/// A service of a gateway's device, and how it is chosen among those that the device has.
protocol GatewayService: Sendable {
    /// The type, as its errors are named by it.
    var type: UPnPType { get }
    /// Why this one, for verbose output.
    var reason: String { get }

    /// Whether a device has one that may be called.
    static func isOffered(by device: UPnPDevice) -> Bool

    /// Chooses the device's service; `nil` when it has none that may be called.
    ///
    /// - Throws: `CancellationError`.
    static func chosen(
        from device: UPnPDevice, until deadline: ContinuousClock.Instant
    ) async throws -> Self?

    /// Another service of the same gateway that may grant what the one found has refused; `nil`
    /// for none.
    ///
    /// - Throws: `CancellationError`.
    static func other(
        than found: GatewayServiceFinder<Self>.Found, of finder: GatewayServiceFinder<Self>,
        after failure: UPnPFailure, _ budget: TimeBudget
    ) async throws -> GatewayServiceFinder<Self>.Found?
}

extension GatewayService {
    static func other(
        than found: GatewayServiceFinder<Self>.Found, of finder: GatewayServiceFinder<Self>,
        after failure: UPnPFailure, _ budget: TimeBudget
    ) async throws -> GatewayServiceFinder<Self>.Found? { nil }
}

/// Finds the connection service, which maps IPv4 ports.
typealias IGDFinder = GatewayServiceFinder<IGDChoice>

/// Finds the firewall control, which opens IPv6 ports.
typealias PinholeFinder = GatewayServiceFinder<PinholeControl>

extension GatewayServiceFinder<IGDChoice>.Found {
    var connection: IGDConnection { choice.connection }
}

/// Time limits of searches.
struct GatewaySearchLimits {
    /// For the gateway's UPnP side, as long as nothing answers.
    var search = Duration.seconds(3)
    /// For another description of the gateway: an answer to a multicast may take a second and a
    /// half (S-14).
    var otherTree = Duration.milliseconds(1500)
    /// How long a remembered description is fetched alone, before the search begins.
    var remembered = Duration.milliseconds(10)
}

/// The UPnP side of one gateway: the service that opens ports, found once in a command.
final class GatewayServiceFinder<Service: GatewayService>: Sendable {
    /// The device and its service.
    struct Found: Sendable {
        var device: UPnPDevice
        var choice: Service
    }

    typealias Limits = GatewaySearchLimits

    let target: GatewayTarget
    let limits: Limits
    private let source: IPAddress
    private let others: Set<IPAddress>
    private let network: any UPnPNetwork
    private let found = Locked<Found?>(nil)
    private let heard = Locked(false)
    private let unusable = Locked<UPnPDevice?>(nil)
    private let problem = Locked<PortMapperError?>(nil)
    /// What an earlier run has found, until it was tried.
    private let hint: Locked<GatewayMemory.Record?>
    /// Whether another tree of the gateway was searched for.
    private let hasLookedFurther = Locked(false)

    /// - Parameters:
    ///   - target: the gateway.
    ///   - source: this host's address towards it, from which its services are called.
    ///   - others: the other candidate gateways; their devices are not this one's.
    ///   - hint: what an earlier run has found.
    ///   - limits: time limits of searches.
    ///   - network: the network to search; `nil` is this host's, by the target's interface.
    init(
        _ target: GatewayTarget, source: IPAddress, others: [GatewayTarget],
        hint: GatewayMemory.Record? = nil, limits: Limits = Limits(),
        network: (any UPnPNetwork)? = nil
    ) {
        self.target = target
        self.hint = Locked(hint)
        self.limits = limits
        self.source = source
        self.network =
            network
            ?? SystemUPnPNetwork(
                interface: target.interface, caller: target.caller(from: source))
        self.others = Set(others.map(\.socketAddress.address)).subtracting([
            target.socketAddress.address
        ])
    }

    /// Whether the gateway has answered a search.
    var hasHeard: Bool { heard.withLock { $0 } }

    /// The gateway's device that answered the last search and could not be used, with its
    /// `problem`; `nil` when nobody answered, or the search has found what it looked for.
    ///
    /// It distinguishes a gateway whose UPnP side is broken from one that has none; `find` throws
    /// the same kinds of error for both when the description is silent or its port closed.
    var foundButUnusable: UPnPDevice? { unusable.withLock { $0 } }

    /// The service; `nil` while it is not known.
    var known: Found? { found.withLock { $0 } }

    /// Why the last search found nothing that can be used; `nil` when it found something, or was
    /// broken off.
    var lastProblem: PortMapperError? { problem.withLock { $0 } }

    /// Whether a service is known.
    var isReady: Bool { known != nil }

    /// The gateway's device; `nil` while it is not known.
    var device: UPnPDevice? { known?.device }

    /// Forgets what was found, so that the next call searches again.
    func forget() {
        found.withLock { $0 = nil }
        hint.withLock { $0 = nil }
        hasLookedFurther.withLock { $0 = false }
    }

    /// Finds the service.
    ///
    /// - Parameters:
    ///   - deadline: when to give up.
    ///   - searchEnd: when to stop listening for answers to the search; `nil` is `deadline`.
    ///     Devices that have answered by then are asked until `deadline`.
    /// - Returns: the device and the service chosen.
    /// - Throws: `PortMapperError`: `.noAnswer` when no device answers, `.unsupported` when the
    ///   gateway answers but offers no such service, and the device's problem when
    ///   `foundButUnusable` is set; `CancellationError`.
    func find(
        until deadline: ContinuousClock.Instant,
        searchingUntil searchEnd: ContinuousClock.Instant? = nil
    ) async throws -> Found {
        if let known { return known }
        problem.withLock { $0 = nil }
        do {
            return try await search(until: deadline, searchingUntil: searchEnd)
        } catch let error as PortMapperError {
            let error = error.naming(target.socketAddress)
            problem.withLock { $0 = error }
            throw error
        }
    }

    private func search(
        until deadline: ContinuousClock.Instant, searchingUntil searchEnd: ContinuousClock.Instant?
    ) async throws -> Found {
        let start = ContinuousClock.now
        unusable.withLock { $0 = nil }
        let device = try await device(until: deadline, searchingUntil: searchEnd ?? deadline)
        guard let choice = try await Service.chosen(from: device, until: deadline) else {
            throw PortMapperError.unsupported(gateway: target.name, technique: .upnp)
        }
        log.debug(
            """
            \(device.location.host): using \(choice.type.name), found in \
            \(millisecondsText(ContinuousClock.now - start)): \(choice.reason)
            """)
        let found = Found(device: device, choice: choice)
        keep(found)
        return found
    }

    /// Asks this service from now on.
    func keep(_ found: Found) { self.found.withLock { $0 = found } }

    /// Marks the search for another tree as done.
    ///
    /// - Returns: whether it was not done before.
    func beginOtherTree() -> Bool {
        hasLookedFurther.withLock { hasLooked in
            defer { hasLooked = true }
            return !hasLooked
        }
    }

    private func device(
        until deadline: ContinuousClock.Instant, searchingUntil searchEnd: ContinuousClock.Instant
    ) async throws -> UPnPDevice {
        if let location = target.location {
            return try await UPnPBrowser(links: [], network: network).describe(
                location, timeout: max(.zero, deadline - .now))
        }
        let hint = hint.withLock { hint in
            defer { hint = nil }
            return hint
        }
        guard let hint else {
            return try await searchDevice(until: deadline, searchingUntil: searchEnd)
        }
        return try await withThrowingTaskGroup(of: UPnPDevice?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.device(at: hint, until: deadline) }
            group.addTask {
                try await Reactor.shared.sleep(until: .now + self.limits.remembered)
                return try await self.searchDevice(until: deadline, searchingUntil: searchEnd)
            }
            for try await device in group {
                if let device { return device }
            }
            throw CancellationError()
        }
    }

    /// Fetches a remembered description.
    ///
    /// - Returns: the device; `nil` when it is not there, or is another one now.
    /// - Throws: `CancellationError`.
    private func device(
        at hint: GatewayMemory.Record, until deadline: ContinuousClock.Instant
    ) async throws -> UPnPDevice? {
        let http = browser().network.http(on: nil)
        do {
            var device = try await UPnPDevice.described(
                at: hint.location, by: http, isFollowed: true, until: deadline)
            guard device.udn == hint.udn, Service.isOffered(by: device) else {
                log.debug("\(hint.location): another device than remembered")
                return nil
            }
            heard.withLock { $0 = true }
            device.isRepointed = hint.isRepointed
            device.bootIdentifier = hint.bootIdentifier
            device.isDefaultGateway = true
            return device
        } catch let failure as UPnPFailure {
            log.debug("\(hint.location), as remembered: \(failure)")
            return nil
        }
    }

    private func searchDevice(
        until deadline: ContinuousClock.Instant, searchingUntil searchEnd: ContinuousClock.Instant
    ) async throws -> UPnPDevice {
        let start = ContinuousClock.now
        let search = try await browser().findGateway(
            offering: Service.isOffered, until: searchEnd, fetchesUntil: deadline)
        switch search {
        case .found(let device) where isOfGateway(device):
            return device
        case .notOffered:
            throw PortMapperError.unsupported(gateway: target.name, technique: .upnp)
        case .unusable(let device) where isOfGateway(device):
            unusable.withLock { $0 = device }
            throw device.problem
                ?? PortMapperError.unsupported(gateway: target.name, technique: .upnp)
        case .found, .unusable, .nothing:
            throw PortMapperError.noAnswer(gateway: target.name, after: .now - start)
        }
    }

    /// Whether a device may be the gateway's: also one at another address, unless that is another
    /// candidate's (S-10) or the user has named the gateway.
    private func isOfGateway(_ device: UPnPDevice) -> Bool {
        let host = device.location.host.unmapped
        if target.isNamed { return host == target.socketAddress.address.unmapped }
        return !others.contains(host)
    }

    /// A browser that searches on the path to the gateway.
    func browser() -> UPnPBrowser {
        var browser = UPnPBrowser(links: [link], network: network)
        browser.gatewayAnswered = { [heard] in heard.withLock { $0 = true } }
        return browser
    }

    /// The link to the gateway.
    ///
    /// A link-local gateway is searched for from the interface's link-local address: to a global one
    /// it would answer from a global address of its own, and so not be known.
    private var link: SSDPLink {
        let gateway = target.socketAddress.address
        let scopeID = target.socketAddress.scopeID
        let isLinkLocal = gateway.family == .ipv6 && gateway.scope == .linkLocal
        // Reads only the addresses, because the search waits for it.
        let addresses: [InterfaceAddress]
        do throws(SystemError) {
            var tables = try KernelTables()
            addresses = try tables.addresses(source.family)
        } catch {
            addresses = []
        }
        // 0, the system's choice, if it is unknown.
        let index =
            scopeID != 0
            ? scopeID : addresses.first { $0.address == source }?.interfaceIndex ?? 0
        // A tentative one cannot be bound to yet.
        let own = addresses.first {
            $0.interfaceIndex == index && $0.address.scope == .linkLocal && !$0.isTentative
        }
        return SSDPLink(
            source: isLinkLocal ? own?.address ?? source : source, interfaceIndex: index,
            gateways: [SocketAddress(gateway, port: 1900, scopeID: scopeID)])
    }
}

extension GatewayServiceFinder {
    /// The warnings about the device that was found.
    var warnings: [MapperWarning] {
        guard let device else { return [] }
        var warnings: [MapperWarning] = []
        if device.isRepointed { warnings.append(.repointedLocation(device.location)) }
        if target.location == nil, !device.isDefaultGateway {
            warnings.append(.notDefaultGateway(device.location.host))
        }
        return warnings
    }
}

extension GatewayTarget {
    /// Where sockets that call an IPv6 device are bound, because what they open is their own address;
    /// `nil` leaves it to the link or the routes.
    fileprivate func caller(from source: IPAddress) -> SocketAddress? {
        guard source.family == .ipv6 else { return nil }
        return SocketAddress(
            source, port: 0, scopeID: source.scope == .linkLocal ? socketAddress.scopeID : 0)
    }
}
