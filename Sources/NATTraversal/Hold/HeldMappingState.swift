/// What is known of one held mapping, and when it is asked for again.
///
/// Pure: the time is told.
struct HeldMappingState: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Random = @Sendable (ClosedRange<Double>) -> Double

    /// Why a request brought nothing.
    enum Failure: Hashable, Sendable {
        case silence
        /// Nobody is there to be asked: a closed port, no such service, no network.
        case absence
        /// A no; the gateway may have told for how long it stays one.
        case refusal(for: Duration?)
        /// The grant did not meet the demand and was deleted again, or another process has deleted
        /// the mapping.
        case deletion
    }

    /// What a failure means for the mapping.
    enum Consequence: Hashable, Sendable {
        /// It is there, as far as is known, and asked for again; so many requests have failed.
        case asksAgain(failures: Int)
        /// It was there, and is not any more.
        case lost
        /// It was not there before.
        case stillAbsent
    }

    /// The time from one failed request to the next, doubled each time.
    private static let backOff = Duration.seconds(4)...Duration.seconds(300)
    /// After a no, however long the gateway says that it holds (N-21).
    private static let refusalTime = Duration.seconds(30)...Duration.seconds(1800)

    /// The gateway that granted it.
    private(set) var gateway: GatewayAddress?
    /// Whether it is there, as far as is known.
    private(set) var isHeld = false
    /// The next request; `nil` while one is on its way, and for a mapping that never ends.
    private(set) var next: RenewalSchedule.Attempt?
    /// Whether the next request goes out as a command's does: to any gateway, by any technique.
    private(set) var asksAnyone = true
    /// Whether the gateway has probably lost it, so that it is gone when the next request fails.
    private(set) var isInDoubt = false
    /// When the gateway was last known to have it.
    private(set) var seen: Instant?
    /// `nil` for a mapping that never ends.
    private var schedule: RenewalSchedule?
    private var failures = 0
    private var lastAsked: Instant?

    /// A mapping that is not there and is to be asked for now.
    init(at now: Instant) { bring(to: now) }

    /// Whether it may as well be renewed now, beside others: it is about to be.
    func isNearlyDue(at now: Instant) -> Bool {
        guard let next, !asksAnyone else { return false }
        return next.earliest <= now && next.time <= now + (schedule?.slack ?? .zero)
    }

    /// When it ends, if it does.
    var expiry: Instant? { isHeld ? schedule?.expiry : nil }

    /// A request is on its way.
    mutating func ask(at now: Instant) {
        next = nil
        lastAsked = now
    }

    /// It was granted.
    mutating func granted(
        _ lifetime: Duration?, by gateway: GatewayAddress, at now: Instant, random: Random
    ) {
        self.gateway = gateway
        isHeld = true
        isInDoubt = false
        asksAnyone = false
        failures = 0
        seen = now
        schedule = lifetime.map { RenewalSchedule($0, grantedAt: now) }
        next = schedule?.attempt(1, fraction: random(0...1))
    }

    /// It was seen in the gateway's table.
    mutating func wasSeen(at now: Instant) { seen = now }

    /// Asks no later than `time`, and until there is an answer.
    mutating func bring(to time: Instant) {
        if let next, next.time <= time { return }
        next = RenewalSchedule.Attempt(time: time, earliest: time, isPersistent: true)
    }

    /// The gateway says that it is another one now; it may say so several times.
    mutating func updated(at now: Instant) {
        bring(to: max(now, lastAsked.map { $0 + RenewalSchedule.shortestGap } ?? now))
    }

    /// The gateway does not have it any more: it is asked for as if it had never been there.
    mutating func isGone(askingAt time: Instant) {
        isHeld = false
        asksAnyone = true
        failures = 0
        bring(to: time)
    }

    /// The gateway has lost its table, or another one stands in its place.
    mutating func doubt(askingAt time: Instant) {
        isInDoubt = true
        asksAnyone = true
        failures = 0
        bring(to: time)
    }

    /// A request brought nothing.
    mutating func failed(_ failure: Failure, at now: Instant, random: Random) -> Consequence {
        failures += 1
        let wasHeld = isHeld
        isHeld =
            isHeld && !isInDoubt && failure != .deletion && schedule.map { now < $0.expiry } ?? true
        isInDoubt = false
        guard isHeld else {
            asksAnyone = true
            if wasHeld { failures = 1 }
            bring(to: now + pause(after: failure, random))
            return wasHeld ? .lost : .stillAbsent
        }
        switch (failure, schedule) {
        case (.silence, let schedule?):
            next = schedule.attempt(
                failures + 1, after: lastAsked ?? now, fraction: random(0...1))
        case (.silence, nil):
            break
        case (.absence, _):
            asksAnyone = true
            bring(to: now + pause(after: failure, random))
        case (.refusal, _), (.deletion, _):
            bring(to: now + pause(after: failure, random))
        }
        endInTime()
        return .asksAgain(failures: failures)
    }

    /// At its end it is asked for by whatever technique there is.
    private mutating func endInTime() {
        guard let expiry, let next, next.time > expiry else { return }
        asksAnyone = true
        self.next = RenewalSchedule.Attempt(time: expiry, earliest: expiry)
    }

    private func pause(after failure: Failure, _ random: Random) -> Duration {
        let limit = Self.backOff.upperBound
        let doubled = Self.backOff.lowerBound * Double(1 << min(max(failures - 1, 0), 10))
        // Many that have failed together do not ask together for ever.
        let pause = min(doubled, limit) * random(0.9...1.1)
        let told: Duration? =
            switch failure {
            case .silence, .absence: nil
            case .deletion: .zero
            case .refusal(let told): told ?? .zero
            }
        guard let told else { return pause }
        let limits = Self.refusalTime
        return max(pause, min(max(told, limits.lowerBound), limits.upperBound))
    }
}

extension HeldMappingState.Failure {
    /// What an error means for a mapping that is to stay.
    init(_ error: PortMapperError) {
        switch error {
        case .noAnswer, .badAnswer: self = .silence
        case .behindBridge(let error): self.init(error)
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .noSuchInterface, .noGlobalAddress,
            .unreachable, .noSuchService, .closed, .unsupported, .system:
            self = .absence
        case .refused(let refusal): self = .refusal(for: refusal.lifetime)
        case .portTaken, .notPublic, .unverifiable, .unmappedElsewhere: self = .deletion
        case .foreign, .noExternalAddress, .inexpressible, .leaseFile: self = .refusal(for: nil)
        }
    }
}
