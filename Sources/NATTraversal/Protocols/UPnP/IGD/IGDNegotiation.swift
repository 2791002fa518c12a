/// What to ask next when a gateway refuses a mapping by UPnP: takes the remedies of `GatewayReaction`
/// in their order.
///
/// Pure. Each remedy is taken once, and at most `GatewayReaction.portLimit` ports are asked for.
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

    private(set) var action: String
    private var suggestion: PortSuggestion
    /// The lease that is asked for, in seconds.
    private(set) var lease: UInt32
    private(set) var description: String
    private let request: IGDMappingRequest
    private let permanentLease: UInt32
    private let isForThisHost: Bool
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
        suggestion = PortSuggestion(request.externalPort, isExact: request.isExact)
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

    /// The external port that is asked for.
    var externalPort: PortNumber { suggestion.port }

    /// Takes another external port.
    ///
    /// - Returns: `false` when this very port is wanted, or enough have been asked for.
    mutating func moveOn() -> Bool { suggestion.moveOn() }

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
    ///     than this one; some gateways have no code for that.
    /// - Returns: what to do; the request has been changed where it is to be asked again.
    mutating func refused(_ code: Int32, isPortForeign: Bool) -> Reaction {
        if isPortForeign, [.actionFailed, .forbidden].contains(UPnPErrorCode(rawValue: code)) {
            return .anotherPort
        }
        for remedy in GatewayReaction(toFault: code).remedies {
            switch remedy {
            case .anotherPort:
                // From a secure gateway it means that nobody maps for another host
                // (WANIPConnection:2, section 2.2).
                let isPolicy = code == UPnPErrorCode.conflictInMappingEntry.rawValue
                if isPolicy, !isForThisHost, !isPortForeign { return .giveUp }
                return .anotherPort
            case .permanentLease: if becomePermanent() { return .ask }
            case .plainDescription: if becomePlain() { return .ask }
            case .samePort: if useSamePort() { return .ask }
            case .olderAction: return unsupported()
            case .later: if wait() { return .askLater }
            case .anotherAddress, .withoutOptions, .anew: break
            }
        }
        return .giveUp
    }

    /// Takes a lease without an end, because the gateway drops others without a word.
    ///
    /// - Returns: `false` when that was asked for already.
    mutating func becomePermanent() -> Bool {
        guard lease != permanentLease else { return false }
        lease = permanentLease
        return true
    }

    private mutating func becomePlain() -> Bool {
        guard description != request.plainDescription else { return false }
        description = request.plainDescription
        return true
    }

    private mutating func wait() -> Bool {
        defer { hasWaited = true }
        return !hasWaited
    }

    private mutating func useSamePort() -> Bool {
        guard !request.isExact, externalPort != request.internalPort else { return false }
        suggestion.suggest(request.internalPort)
        return true
    }
}
