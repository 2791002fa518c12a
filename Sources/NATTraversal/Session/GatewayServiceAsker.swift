import Logging

/// Finds one service of a gateway and asks it: `GatewayServiceFinder`, or a test's script.
protocol ServiceFinding<Service>: RivalSearch {
    associatedtype Service: GatewayService
    typealias Found = GatewayServiceFinder<Service>.Found

    /// The gateway's device; `nil` while it is not known.
    var device: UPnPDevice? { get }
    /// The warnings about that device.
    var warnings: [MapperWarning] { get }
    /// Why the last search found nothing that can be used.
    var lastProblem: PortMapperError? { get }
    /// Finds the service within the command's time.
    ///
    /// - Parameters:
    ///   - budget: the command's time.
    ///   - limit: when to give up, if that is earlier.
    ///   - silence: how long to search without an answer.
    /// - Returns: the device and its service.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func find(
        _ budget: TimeBudget, until limit: ContinuousClock.Instant?, silence: Duration?
    ) async throws -> Found
    /// Asks the service that was found, or another one of the same gateway.
    func ask<Answer>(
        _ found: Found, _ budget: TimeBudget, _ question: (Found) async throws -> Answer
    ) async throws -> Answer
    /// The service; `nil` while it is not known.
    var known: Found? { get }
    /// Asks this service from now on.
    func keep(_ found: Found)
    /// Forgets what was found, so that the next call searches again.
    func forget()
}

extension GatewayServiceFinder: ServiceFinding {
    func search(until deadline: ContinuousClock.Instant) async {
        _ = try? await find(until: deadline)
    }
}

/// Asks a service that may have been found in an earlier command or renewal, and searches once more
/// when it has moved since (S-18).
///
/// Not Sendable: one task uses it at a time.
final class GatewayServiceAsker<Service: GatewayService> {
    typealias Found = GatewayServiceFinder<Service>.Found

    let finder: any ServiceFinding<Service>
    private let socket: GatewaySocket
    /// Whether the finder's service is from an earlier command or renewal.
    private(set) var mayBeStale = false
    /// Whether it has answered since `begin`.
    private var hasAnswered = false
    /// How often the service has moved.
    private(set) var moveCount = 0

    init(_ finder: any ServiceFinding<Service>, _ socket: GatewaySocket) {
        self.finder = finder
        self.socket = socket
    }

    /// Begins another command or renewal.
    func begin() {
        mayBeStale = finder.isReady
        hasAnswered = false
    }

    /// When to give up the first question to the service.
    func firstDeadline(_ limit: AskLimit) -> ContinuousClock.Instant {
        let deadline = limit.budget.deadline
        return hasAnswered ? deadline : min(deadline, limit.serviceEnd ?? deadline)
    }

    /// Finds the service; the limit's end applies to the search, and a service that was found has
    /// the command's time.
    func find(_ limit: AskLimit) async throws -> Found {
        // A gateway that has answered the search is there, whatever becomes of its description.
        defer { if finder.hasHeard { limit.budget.hasHeard = true } }
        let longest = limit.budget.searchLimit ?? limit.budget.end - socket.now
        let silence = limit.end.map { max(.zero, $0 - socket.now) } ?? longest
        return try await finder.find(limit.budget, until: limit.serviceEnd, silence: silence)
    }

    /// Asks the service; if it has moved, searches and asks once more.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`.
    func ask<Answer>(
        _ limit: AskLimit, _ question: (Found) async throws -> Answer
    ) async throws -> Answer {
        let found = try await find(limit)
        do {
            let answer = try await finder.ask(found, limit.budget, question)
            hasAnswered = true
            return answer
        } catch let failure as UPnPFailure {
            hasAnswered = hasAnswered || !failure.isSilence
            // What is given up for another technique may have moved, and is searched for next time.
            if !hasAnswered, limit.serviceEnd != nil { finder.forget() }
            guard mayBeStale, failure.isStale else {
                throw PortMapperError(failure, of: found, since: limit.budget.start)
                    .naming(socket.gateway)
            }
            log.debug("\(found.device.location.host): its services have moved; searching again")
            mayBeStale = false
            moveCount += 1
            finder.forget()
            return try await ask(limit, question)
        }
    }
}
