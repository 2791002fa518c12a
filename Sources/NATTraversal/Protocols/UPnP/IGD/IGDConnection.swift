import Logging

/// A gateway's connection service: WANIPConnection or WANPPPConnection.
///
/// Requests go out one after another, because small gateways hang when asked at once.
struct IGDConnection: Sendable {
    let service: UPnPService
    /// The service's type; a version 2 has actions that version 1 lacks.
    let type: UPnPType
    /// This host's address towards the service, which is the internal client of its mappings.
    let localAddress: IPAddress
    /// The actions that it does not have.
    var missingActions = MissingActions()

    /// `nil` when the service is none that maps ports.
    init?(_ service: UPnPService, localAddress: IPAddress) {
        guard let type = UPnPType(service.type), type.connectionRank != nil else { return nil }
        self.service = service
        self.type = type
        self.localAddress = localAddress.unmapped
    }

    /// Whether the actions of WANIPConnection:2 may be called (D-7).
    var isVersion2: Bool { type.version >= 2 && type.name.isEqualIgnoringCase("WANIPConnection") }

    /// A lease for ever, as the version says it (WANIPConnection:2, section 2.2.14).
    var permanentLease: UInt32 { isVersion2 ? Self.longestLease : 0 }

    /// The longest lease of version 2, a week in seconds.
    static let longestLease: UInt32 = 604_800

    /// Asks for the external address.
    ///
    /// - Returns: `nil` when the gateway has none: an empty text or 0.0.0.0.
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func externalAddress(until deadline: ContinuousClock.Instant) async throws -> IPv4Address? {
        let reply = try await read("GetExternalIPAddress", until: deadline)
        let text = try reply.required("NewExternalIPAddress")
        guard !text.isEmpty else { return nil }
        guard let address = IPv4Address(text) else {
            throw UPnPFailure.result("NewExternalIPAddress")
        }
        return address == .unspecified ? nil : address
    }

    /// Asks for the state of the connection.
    ///
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func status(until deadline: ContinuousClock.Instant) async throws -> IGDStatus {
        let reply = try await read("GetStatusInfo", until: deadline)
        // Huawei spells it NewUpTime, and some tell it in words.
        let uptime = reply["NewUptime"] ?? reply["NewUpTime"]
        return IGDStatus(
            text: try reply.required("NewConnectionStatus"),
            uptimeSeconds: uptime.flatMap { UInt32($0) })
    }

    /// Reads an entry of the table.
    ///
    /// - Parameters:
    ///   - key: which entry.
    ///   - isFollowed: whether the gateway is asked something else next.
    ///   - deadline: when to give up.
    /// - Returns: `nil` when there is none.
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func entry(
        _ key: PortMappingKey, isFollowed: Bool = false, until deadline: ContinuousClock.Instant
    ) async throws -> PortMappingEntry? {
        let action = "GetSpecificPortMappingEntry"
        if let failure = missingActions.failure(of: action, at: service) { throw failure }
        do {
            let reply = try await read(
                action, key.arguments, isFollowed: isFollowed, until: deadline)
            return try PortMappingEntry(reply.results, for: key)
        } catch let failure as UPnPFailure where failure.isAbsentEntry {
            return nil
        } catch let failure as UPnPFailure where failure.deniesAction {
            missingActions.add(action, of: service, failure)
            throw failure
        }
    }

    /// Calls an action that changes nothing; what is lost is asked for again until the deadline.
    func read(
        _ action: String, _ arguments: [UPnPArgument] = [], limits: XMLLimits = .action,
        isFollowed: Bool = false, until deadline: ContinuousClock.Instant
    ) async throws -> UPnPReply {
        try await service.invoke(
            action, arguments, limits: limits, isFollowed: isFollowed, until: deadline)
    }

    /// The time by which deadlines are meant.
    var now: ContinuousClock.Instant { service.http.now }

    /// When to give up a question that can do without an answer (H-13).
    func optionalDeadline(_ deadline: ContinuousClock.Instant) -> ContinuousClock.Instant {
        min(deadline, now + .upnpRequest)
    }

    /// Waits, but not beyond the deadline.
    func pause(
        _ pause: Duration, until deadline: ContinuousClock.Instant
    ) async throws {
        try await service.http.sleep(for: min(pause, max(.zero, deadline - now)))
    }

    /// How often a request that changes the table is sent, as long as its answers are lost.
    static let changeLimit = 3

    /// How long a request that changes the table waits for its answer before the table is looked at.
    ///
    /// A router that asks another one itself takes a minute (RFC 6970), so the last attempt takes
    /// what time there is, but for a look afterwards. A connection that does not open has all the
    /// time: nothing was sent.
    ///
    /// - Parameters:
    ///   - attempt: how often it was sent before.
    ///   - rest: the time until the deadline.
    /// - Returns: the time, none when nothing is left.
    static func patience(attempt: Int, rest: Duration) -> Duration {
        let look = min(.seconds(3), rest / 2)
        let limit: Duration? =
            switch attempt {
            case 0: .seconds(5)
            case 1: .seconds(10)
            default: nil
            }
        return max(.zero, limit.map { min($0, rest - look) } ?? rest - look)
    }
}

/// The actions that services of a gateway have said they lack, or have not answered at all, for as
/// long as one command or renewal takes: each port of it would wait for the same answer (H-10).
final class MissingActions: Sendable {
    private struct Key: Hashable {
        var service: String
        var control: ServiceURL
        var action: String
    }

    private let failures = Locked<[Key: UPnPFailure]>([:])

    /// The failure that showed that an action is missing; `nil` for any other action.
    func failure(of action: String, at service: UPnPService) -> UPnPFailure? {
        failures.withLock { $0[Self.key(action, service)] }
    }

    /// Remembers that an action is missing, and what showed it.
    func add(_ action: String, of service: UPnPService, _ failure: UPnPFailure) {
        log.debug("\(service.type): \(action) is not asked for again: \(failure)")
        failures.withLock { $0[Self.key(action, service)] = failure }
    }

    private static func key(_ action: String, _ service: UPnPService) -> Key {
        Key(service: service.type, control: service.control, action: action)
    }
}

/// What GetStatusInfo says: a hint, because lines that work are told to be down.
struct IGDStatus: Hashable, Sendable {
    /// As the gateway spells it.
    var text: String
    /// Since when it is connected; `nil` where it is no number.
    var uptimeSeconds: UInt32?

    var isConnected: Bool { ["connected", "up"].contains(text.lowercased()) }
}
