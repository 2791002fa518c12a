/// What to ask next when a gateway refuses a mapping: the rows for UPnP of the one table of
/// reactions (WANIPConnection:2, table 2-15, and what gateways mean by the codes: ).
///
/// Pure. Each way out is taken once, and at most `portLimit` ports are asked for.
struct IGDNegotiation: Hashable, Sendable {
    /// How the next request differs from the one that was refused.
    enum Reaction: Hashable, Sendable {
        /// Ask again; the request has been changed.
        case ask
        /// Ask the same again in a while.
        case askLater
        /// Ask for another outside port.
        case anotherPort
        /// Tell the user what the gateway said.
        case giveUp
    }

    static let portLimit = 8

    private(set) var action: String
    private(set) var externalPort: PortNumber
    /// The lease that is asked for, in seconds.
    private(set) var lease: UInt32
    private(set) var description: String
    private let request: IGDMappingRequest
    private let permanentLease: UInt32
    private let isForThisHost: Bool
    private var portsAsked = 1
    private var hasWaited = false

    /// - Parameters:
    ///   - request: what is wanted.
    ///   - isVersion2: whether the service has the actions of WANIPConnection:2.
    ///   - permanentLease: what the service takes for a lease without an end, in seconds.
    ///   - isForThisHost: whether the mapping leads to the host that asks for it.
    init(
        _ request: IGDMappingRequest, isVersion2: Bool, permanentLease: UInt32, isForThisHost: Bool
    ) {
        self.request = request
        self.isForThisHost = isForThisHost
        self.permanentLease = permanentLease
        action = isVersion2 && !request.isExact ? "AddAnyPortMapping" : "AddPortMapping"
        externalPort = request.externalPort
        // Version 2 knows nothing longer, and takes 0 for that (WANIPConnection:2, 2.2.14).
        lease =
            isVersion2
            ? min(request.lifetimeSeconds, IGDConnection.longestLease) : request.lifetimeSeconds
        description = request.description
    }

    /// The eight arguments of AddPortMapping and AddAnyPortMapping, in their order (H-4).
    var arguments: [UPnPArgument] {
        let key = PortMappingKey(
            transport: request.transport, externalPort: externalPort, remoteHost: request.remoteHost
        )
        return key.arguments + [
            UPnPArgument("NewInternalPort", request.internalPort.description),
            UPnPArgument("NewInternalClient", request.internalClient.description),
            UPnPArgument("NewEnabled", "1"),
            UPnPArgument("NewPortMappingDescription", description),
            UPnPArgument("NewLeaseDuration", String(lease)),
        ]
    }

    /// Takes another outside port: first the next one, then any of the dynamic ports, where no
    /// well-known service is (A-15; RFC 6335, section 6).
    ///
    /// - Returns: `false` when this very port is wanted, or enough have been asked for.
    mutating func moveOn() -> Bool {
        guard !request.isExact, portsAsked < Self.portLimit else { return false }
        let next = externalPort.rawValue < .max ? externalPort.rawValue + 1 : 0
        let isUsable = portsAsked == 1 && next >= 1024
        externalPort =
            PortNumber(rawValue: isUsable ? next : .random(in: 49_152 ... .max)) ?? externalPort
        portsAsked += 1
        return true
    }

    /// The gateway does not know the action, or breaks the connection off (H-10).
    mutating func unsupported() -> Reaction {
        guard action == "AddAnyPortMapping" else { return .giveUp }
        action = "AddPortMapping"
        return .ask
    }

    /// The gateway has refused.
    ///
    /// - Parameters:
    ///   - code: what it said.
    ///   - isPortForeign: whether the entry at the port, read after the refusal, is another mapping
    ///     than this one.
    /// - Returns: what to do; the request has been changed where it is to be asked again.
    mutating func refused(_ code: Int32, isPortForeign: Bool) -> Reaction {
        switch code {
        // From a secure gateway it means that nobody maps for another host.
        case 718 where !isForThisHost && !isPortForeign: .giveUp
        case 718, 729: .anotherPort
        case 501 where isPortForeign, 403 where isPortForeign: .anotherPort
        case 725: becomePermanent() ? .ask : .giveUp
        case 600, -911: becomePermanent() ? .ask : .giveUp
        case 402, 601, 702, 501, 403: becomePermanent() || becomePlain() ? .ask : .giveUp
        case 605, 800...899: becomePlain() ? .ask : .giveUp
        case 724: useSamePort() ? .ask : .giveUp
        case 401, 602: unsupported()
        // The line is going up or down.
        case 705, 707: wait() ? .askLater : .giveUp
        // 715, 716, 726 and 727 ask for less than the user does, or for every port at once: never.
        default: .giveUp
        }
    }

    private mutating func becomePermanent() -> Bool {
        guard lease != permanentLease else { return false }
        lease = permanentLease
        return true
    }

    private mutating func becomePlain() -> Bool {
        guard description != IGDMappingRequest.plainDescription else { return false }
        description = IGDMappingRequest.plainDescription
        return true
    }

    private mutating func wait() -> Bool {
        defer { hasWaited = true }
        return !hasWaited
    }

    private mutating func useSamePort() -> Bool {
        guard !request.isExact, externalPort != request.internalPort else { return false }
        externalPort = request.internalPort
        return true
    }
}
