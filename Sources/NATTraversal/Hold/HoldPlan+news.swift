// What has happened.
extension HoldPlan {
    /// A mapping was granted, or granted again.
    ///
    /// - Parameters:
    ///   - index: its place among the requests.
    ///   - lifetime: for how long; `nil` is for ever.
    ///   - gateway: who has granted it.
    ///   - evidence: what the answer shows of the others.
    ///   - batch: what was granted with it, of which the evidence says nothing.
    ///   - now: the present.
    mutating func granted(
        _ index: Int, for lifetime: Duration?, by gateway: String, _ evidence: Evidence,
        with batch: Set<Int> = [], at now: Instant
    ) {
        let isLoss = isLoss(evidence, of: states[index], at: now)
        states[index].granted(lifetime, by: gateway, at: now, random: random)
        let isAnswerToHint = asked.remove(index) != nil
        let others = indices { $0.isHeld && $0.gateway == gateway }.filter {
            $0 != index && !batch.contains($0)
        }
        switch (isLoss, isAnswerToHint) {
        case (true, _):
            // After a hint the delay lies behind already.
            let delay = isAnswerToHint ? .zero : recoveryDelay
            for other in others { states[other].doubt(askingAt: now + delay) }
        case (false, true):
            if let lastRound, now < lastRound + Self.roundInterval { return }
            lastRound = now
            for other in others {
                states[other].bring(to: now + Self.roundLength * random(0...1))
            }
        case (false, false):
            break
        }
    }

    /// Whether the other mappings may be gone as well.
    private mutating func isLoss(
        _ evidence: Evidence, of state: HeldMappingState, at now: Instant
    ) -> Bool {
        switch evidence {
        case .none: return false
        case .loss: return true
        // Of what was in doubt it is no news.
        case .absence: return !state.isInDoubt
        case .move:
            // A gateway that grants another port each time would be asked for ever.
            if state.isInDoubt { return false }
            if let lastMove, now < lastMove + Self.roundInterval { return false }
            lastMove = now
            return true
        }
    }

    /// A gateway has shown that it has lost its table, and granted nothing.
    mutating func lostTable(of gateway: String, at now: Instant) {
        let time = now + recoveryDelay
        for index in indices({ $0.isHeld && $0.gateway == gateway }) {
            states[index].doubt(askingAt: time)
        }
    }

    /// An asking has brought nothing.
    mutating func failed(
        _ index: Int, _ failure: HeldMappingState.Failure, at now: Instant
    ) -> HeldMappingState.Consequence {
        if asked.remove(index) != nil, failure == .silence { return .asksAgain(failures: 0) }
        return states[index].failed(failure, at: now, random: random)
    }

    /// The gateway's table has a mapping.
    mutating func seen(_ index: Int, at now: Instant) { states[index].wasSeen(at: now) }

    /// The gateway's table lacks a mapping; the others may be gone as well.
    mutating func missing(_ index: Int, at now: Instant) {
        let gateway = states[index].gateway
        states[index].isGone(askingAt: now)
        let time = now + recoveryDelay
        for other in indices({ $0.isHeld && $0.gateway == gateway }) {
            states[other].bring(to: time)
        }
    }

    /// One random delay for all (RFC 6887, section 8.5).
    private var recoveryDelay: Duration { HintQuestion.longestDelay * random(0...1) }

    /// Somebody, who may be lying, suggests that the gateway has lost its table.
    mutating func hinted(at now: Instant) {
        question.hinted(at: now, delay: recoveryDelay)
    }

    /// There is no way to a gateway any more.
    mutating func wayIsGone() { isReachable = false }

    /// There is a way to a gateway again: the same as before, or another one.
    mutating func wayIsThere(isSame: Bool, at now: Instant) {
        isReachable = true
        for index in states.indices {
            if isSame { states[index].bring(to: now) } else { states[index].doubt(askingAt: now) }
        }
    }

    /// The gateway itself says that a mapping is another one now.
    mutating func updated(_ index: Int, at now: Instant) { states[index].updated(at: now) }

    /// The user wants everything asked for again.
    mutating func refreshed(at now: Instant) {
        for index in states.indices { states[index].bring(to: now) }
    }

    /// The mappings that have ended while nobody could be asked.
    mutating func ended(at now: Instant) -> [Int] {
        guard !isReachable else { return [] }
        let ended = indices { $0.expiry.map { $0 <= now } ?? false }
        for index in ended { states[index].isGone(askingAt: now) }
        return ended
    }
}
