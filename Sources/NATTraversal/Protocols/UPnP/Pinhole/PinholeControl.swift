import Logging

/// A gateway's IPv6 firewall: WANIPv6FirewallControl:1.
///
/// The gateway opens only the address that a request comes from, so calls leave from the address to
/// be opened. No action lists pinholes or reads one back, and an identifier is good for one
/// run of the gateway: after a restart the same number is another pinhole's. Each operation here
/// therefore adds the pinhole first, which gives the identifier of one that is already there.
struct PinholeControl: Sendable {
    let service: UPnPService
    let type: UPnPType

    /// The longest lease, a day in seconds (WANIPv6FirewallControl:1, section 2.2.8).
    static let longestLease: UInt32 = 86400

    /// How long a pinhole stays open that was added to be deleted, should the delete be lost.
    private static let closingLease: UInt32 = 120

    /// `nil` when the service is another one, or may not be called.
    init?(_ service: UPnPService) {
        guard let type = UPnPType(service.type), type.kind == .service,
            type.name.isEqualIgnoringCase("WANIPv6FirewallControl"), service.control.url != nil
        else { return nil }
        self.service = service
        self.type = type
    }

    /// What the gateway says of its firewall (section 2.5.1).
    struct Status: Hashable, Sendable {
        /// Whether it filters at all; if not, every port of every host is open.
        var isEnabled: Bool
        /// Whether clients may open anything.
        var allowsInbound: Bool
    }

    /// The result of opening a port.
    enum Opening: Hashable, Sendable {
        /// For so many seconds.
        case opened(seconds: UInt32)
        /// The firewall is off: there is nothing to open.
        case firewallOff
    }

    /// Asks for the state of the firewall.
    ///
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func status(until deadline: ContinuousClock.Instant) async throws -> Status {
        let reply = try await call("GetFirewallStatus", until: deadline)
        return Status(
            isEnabled: try reply.flag("FirewallEnabled"),
            allowsInbound: try reply.flag("InboundPinholeAllowed"))
    }

    /// Opens a pinhole, or renews it.
    ///
    /// - Parameters:
    ///   - pinhole: what to open.
    ///   - leaseSeconds: for how long, from 1 s; more than a day becomes a day.
    ///   - deadline: when to give up.
    /// - Returns: the lease.
    /// - Throws: `UPnPFailure`; `.unconfirmed` when the pinhole may be open. `CancellationError`.
    func open(
        _ pinhole: Pinhole, leaseSeconds: UInt32, until deadline: ContinuousClock.Instant
    ) async throws -> Opening {
        let lease = min(max(leaseSeconds, 1), Self.longestLease)
        let identifier: UInt16
        do { identifier = try await add(pinhole, leaseSeconds: lease, until: deadline) } catch let
            failure as UPnPFailure where failure.pinholeFault == .firewallDisabled
        {
            return .firewallOff
        }
        do {
            // miniupnpd 2.3.1 adds the lease to that of a pinhole which is already open.
            try await update(identifier, leaseSeconds: lease, until: deadline)
        } catch let failure as UPnPFailure {
            // It is open all the same.
            log.debug("\(service.type): UpdatePinhole \(identifier): \(failure)")
        }
        return .opened(seconds: lease)
    }

    /// Closes a pinhole, whoever of this host's programs has opened it and by which protocol.
    ///
    /// - Returns: what became of it; one that the gateway does not delete gets a short lease.
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func close(_ pinhole: Pinhole, until deadline: ContinuousClock.Instant) async throws -> Removal
    {
        let identifier: UInt16
        do {
            identifier = try await add(pinhole, leaseSeconds: Self.closingLease, until: deadline)
        } catch let failure as UPnPFailure where failure.pinholeFault == .firewallDisabled {
            return .absent
        }
        do {
            _ = try await call(
                "DeletePinhole", [UPnPArgument("UniqueID", String(identifier))], until: deadline)
            return .deleted
        } catch let failure as UPnPFailure where failure.pinholeFault != nil {
            return try await shorten(identifier, notDeletedBecause: failure, until: deadline)
        }
    }

    /// Gives a short lease to a pinhole that the gateway has refused to delete, if there is one: the
    /// codes for an unknown identifier are those of a delete that has failed.
    private func shorten(
        _ identifier: UInt16, notDeletedBecause refusal: UPnPFailure,
        until deadline: ContinuousClock.Instant
    ) async throws -> Removal {
        if refusal.pinholeFault == .noSuchPinhole { return .absent }
        do {
            try await update(identifier, leaseSeconds: Self.closingLease, until: deadline)
            return .stillOpen(seconds: Self.closingLease)
        } catch let failure as UPnPFailure where failure.meansNoPinhole && refusal.meansNoPinhole {
            return .absent
        } catch is UPnPFailure {
            throw refusal
        }
    }

    private func add(
        _ pinhole: Pinhole, leaseSeconds: UInt32, until deadline: ContinuousClock.Instant
    ) async throws -> UInt16 {
        do {
            let reply = try await call(
                "AddPinhole",
                pinhole.arguments + [UPnPArgument("LeaseTime", String(leaseSeconds))],
                until: deadline)
            guard let identifier = UInt16(try reply.required("UniqueID")) else {
                throw UPnPFailure.result("UniqueID")
            }
            return identifier
        } catch let failure as UPnPFailure where failure.isInconclusive {
            throw UPnPFailure.unconfirmed(failure)
        }
    }

    private func update(
        _ identifier: UInt16, leaseSeconds: UInt32, until deadline: ContinuousClock.Instant
    ) async throws {
        _ = try await call(
            "UpdatePinhole",
            [
                UPnPArgument("UniqueID", String(identifier)),
                UPnPArgument("NewLeaseTime", String(leaseSeconds)),
            ], until: deadline)
    }

    /// Calls an action; a repetition does no harm, because adding again gives the same pinhole.
    private func call(
        _ action: String, _ arguments: [UPnPArgument] = [],
        until deadline: ContinuousClock.Instant
    ) async throws -> UPnPReply {
        try await service.invoke(action, arguments, isHarmless: true, until: deadline)
    }
}

extension PinholeControl: GatewayService {
    var reason: String { "the firewall control" }

    static func isOffered(by device: UPnPDevice) -> Bool {
        device.services.contains { PinholeControl($0) != nil }
    }

    static func chosen(
        from device: UPnPDevice, until deadline: ContinuousClock.Instant
    ) async throws -> PinholeControl? {
        device.services.lazy.compactMap(PinholeControl.init).first
    }
}

/// What identifies a pinhole, and all that it opens (WANIPv6FirewallControl:1, section 2.2).
struct Pinhole: Hashable, Sendable {
    var transport: TransportProtocol
    /// The host whose port is opened.
    var client: IPv6Address
    var port: PortNumber
    /// The only peer that may come in; `nil` for any, which is sent as an empty text.
    var remoteHost: IPv6Address?

    /// The five arguments that name it, in their order; addresses as RFC 5952 spells them, because
    /// miniupnpd compares texts.
    var arguments: [UPnPArgument] {
        [
            UPnPArgument("RemoteHost", remoteHost?.description ?? ""),
            // Any: miniupnpd loses another one at an update.
            UPnPArgument("RemotePort", "0"),
            UPnPArgument("InternalClient", client.description),
            UPnPArgument("InternalPort", port.description),
            UPnPArgument("Protocol", String(transport.protocolNumber)),
        ]
    }
}

extension UPnPReply {
    /// A boolean that the action must have.
    fileprivate func flag(_ name: String) throws(UPnPFailure) -> Bool {
        guard let flag = Bool(upnp: try required(name)) else { throw .result(name) }
        return flag
    }
}
