import Logging

extension GatewayServiceFinder {
    /// Finds the service within the command's budget.
    ///
    /// - Parameters:
    ///   - budget: the command's.
    ///   - limit: when to give up, if that is earlier.
    ///   - silence: how long to search without an answer; `nil` is 3 s. A gateway that has answered
    ///     is asked for its description as long as the budget lasts.
    /// - Returns: the device and the service chosen.
    /// - Throws: as `find(until:)`.
    func find(
        _ budget: TimeBudget, until limit: ContinuousClock.Instant? = nil,
        silence: Duration? = nil
    ) async throws -> Found {
        // The host of a location has not answered anything yet.
        let budgetEnd = target.location == nil ? budget.end : budget.deadline
        let end = min(budgetEnd, limit ?? budgetEnd)
        let searchEnd = min(budget.deadline, end, .now + (silence ?? limits.search))
        let found = try await find(until: end, searchingUntil: searchEnd)
        budget.hasHeard = true
        return found
    }

    /// Asks the service.
    ///
    /// - Parameters:
    ///   - budget: the command's.
    ///   - limit: when to give up the search, if that is earlier.
    ///   - silence: how long to search without an answer; `nil` is 3 s.
    ///   - question: asks the service; may be called a second time.
    /// - Returns: the answer.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func ask<Answer>(
        _ budget: TimeBudget, until limit: ContinuousClock.Instant? = nil,
        silence: Duration? = nil, _ question: (Found) async throws -> Answer
    ) async throws -> Answer {
        let found = try await find(budget, until: limit, silence: silence)
        do { return try await ask(found, budget, question) } catch let failure as UPnPFailure {
            throw PortMapperError(failure, of: found, since: budget.start)
                .naming(target.socketAddress)
        }
    }

    /// Asks the service that was found, and after some refusals once another tree of the same
    /// gateway (D-12).
    ///
    /// - Parameters:
    ///   - found: the service.
    ///   - budget: the command's.
    ///   - question: asks the service; may be called a second time.
    /// - Returns: the answer.
    /// - Throws: `UPnPFailure`, of the first service when both refuse; `CancellationError`.
    func ask<Answer>(
        _ found: Found, _ budget: TimeBudget, _ question: (Found) async throws -> Answer
    ) async throws -> Answer {
        do { return try await question(found) } catch let failure as UPnPFailure {
            guard let other = try await Service.other(than: found, of: self, after: failure, budget)
            else {
                throw failure
            }
            log.debug("\(found.name): \(failure); asking \(other.name)")
            do {
                let answer = try await question(other)
                keep(other)
                return answer
            } catch let otherFailure as UPnPFailure {
                log.debug("\(other.name): \(otherFailure)")
                throw failure
            }
        }
    }
}

extension GatewayServiceFinder.Found {
    fileprivate var name: String { "\(device.location), \(choice.type)" }
}

extension PortMapperError {
    /// Converts a failure of the service.
    init<Service>(
        _ failure: UPnPFailure, of found: GatewayServiceFinder<Service>.Found,
        since start: ContinuousClock.Instant
    ) {
        self.init(
            failure, host: found.device.location.socketAddress, service: found.choice.type,
            after: start.duration(to: .now))
    }
}
