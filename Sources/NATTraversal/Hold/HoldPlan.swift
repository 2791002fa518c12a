/// What is to be asked when, so that mappings stay true.
///
/// Told what has happened and the time, it says what to do; it sends nothing and waits for nothing.
/// Mappings are known by their place among the requests.
struct HoldPlan: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Something to do now.
    enum Action: Hashable, Sendable {
        /// Ask as a command does: any gateway, any technique, until somebody answers.
        case map([Int])
        /// Ask the gateway that granted it, by the technique that did.
        case renew([Int], Persistence)
        /// Look whether the path to the gateway is the same, and these are in its table.
        case lookAround([Int])
    }

    /// How often a renewal is sent.
    enum Persistence: Hashable, Sendable {
        /// Once: there is time for another one (RFC 6887, section 11.2.1).
        case once
        /// As in a command, because little time is left or somebody waits.
        case untilAnswered
    }

    /// What an answer shows of the gateway's table.
    enum Evidence: Hashable, Sendable {
        /// Nothing speaks against its being whole.
        case none
        /// It was lost since the last answer.
        case loss
        /// What was asked for again was not there any more.
        case absence
        /// What was asked for again is at another port or address now.
        case move
    }

    /// After a hint that shows no loss the others are renewed over this time.
    private static let roundLength = Duration.seconds(60)
    /// How many mappings of a gateway are looked for at a time: its whole table where it is short.
    static let lookLimit = 128
    /// No more than one such round in this time.
    static let roundInterval = Duration.seconds(300)

    private var states: [HeldMappingState]
    private let lookInterval: Duration
    private let random: HeldMappingState.Random
    /// Whether there is a path to a gateway; without one nobody is asked.
    private var isReachable = true
    private var nextLook: Instant
    private var question = HintQuestion()
    private var lastRound: Instant?
    private var lastMove: Instant?
    /// The mappings that are asked for to answer a hint.
    private var asked: Set<Int> = []

    /// A plan for mappings none of which is there yet; all are due at once.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - lookInterval: how often to look around.
    ///   - now: the present.
    ///   - random: draws a number; a test gives its own.
    init(
        count: Int, lookInterval: Duration, at now: Instant,
        random: @escaping HeldMappingState.Random = { .random(in: $0) }
    ) {
        states = Array(repeating: HeldMappingState(at: now), count: count)
        self.lookInterval = lookInterval
        self.random = random
        nextLook = now + lookInterval
    }

    /// When to look again, unless something happens before.
    var wake: Instant {
        let times =
            isReachable
            ? states.compactMap { $0.next?.time } + [question.time].compactMap(\.self)
            : states.compactMap(\.expiry)
        return times.reduce(nextLook, min)
    }

    /// What to do now; each time something else, until nothing is left to do.
    mutating func next(at now: Instant) -> Action? {
        if nextLook <= now {
            nextLook = now + lookInterval
            return .lookAround(longestUnseen)
        }
        guard isReachable else { return nil }
        if question.isDue(at: now) { return answerToHint(at: now) }
        let due = indices { $0.next.map { $0.time <= now } ?? false }
        let forAnyone = due.filter { states[$0].asksAnyone }
        if !forAnyone.isEmpty { return .map(asking(forAnyone, at: now)) }
        let urgent = due.filter { states[$0].next?.isPersistent == true }
        if !urgent.isEmpty { return .renew(asking(urgent, at: now), .untilAnswered) }
        guard !due.isEmpty else { return nil }
        // One wake-up and one look at the lease file for several.
        return .renew(asking(indices { $0.isNearlyDue(at: now) }, at: now), .once)
    }

    /// Asks each gateway for the mapping that ends first, in place of all: if the gateway has lost
    /// them, its answer shows it.
    private mutating func answerToHint(at now: Instant) -> Action? {
        for index in indices({ !$0.isHeld }) { states[index].bring(to: now) }
        let first = byGateway.compactMap { $0.min(by: endsBefore) }
        guard !first.isEmpty else { return next(at: now) }
        asked = Set(first)
        // Beside its schedule, which stays as it is.
        return .renew(first.sorted(), .untilAnswered)
    }

    private func endsBefore(_ first: Int, _ second: Int) -> Bool {
        switch (states[first].expiry, states[second].expiry) {
        case (let first?, let second?): first < second
        case (let first, let second): first != nil && second == nil
        }
    }

    private mutating func asking(_ indices: [Int], at now: Instant) -> [Int] {
        for index in indices { states[index].ask(at: now) }
        return indices
    }

    /// The mappings of each gateway, where they are many those that have not been seen for longest.
    private var longestUnseen: [Int] {
        byGateway.flatMap { indices in
            guard indices.count > Self.lookLimit else { return indices }
            return indices.sorted { first, second in
                switch (states[first].seen, states[second].seen) {
                case (let a?, let b?): a < b
                case (let a, let b): a == nil && b != nil
                }
            }.prefix(Self.lookLimit).sorted()
        }.sorted()
    }

    /// The mappings that are there, those of each gateway together.
    private var byGateway: [[Int]] {
        indices(\.isHeld).grouped { states[$0].gateway }.map(\.elements)
    }

    private func indices(_ isIncluded: (HeldMappingState) -> Bool) -> [Int] {
        states.indices.filter { isIncluded(states[$0]) }
    }

    // MARK: What has happened

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
        _ index: Int, for lifetime: Duration?, by gateway: GatewayAddress, _ evidence: Evidence,
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
        // A mapping in doubt that is absent is no news.
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
    mutating func lostTable(of gateway: GatewayAddress, at now: Instant) {
        let time = now + recoveryDelay
        for index in indices({ $0.isHeld && $0.gateway == gateway }) {
            states[index].doubt(askingAt: time)
        }
    }

    /// A request brought nothing.
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

    /// There is no path to a gateway any more.
    mutating func pathIsGone() { isReachable = false }

    /// There is a path to a gateway again: the same as before, or another one.
    mutating func pathIsBack(isSame: Bool, at now: Instant) {
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

extension HoldPlan.Action: CustomStringConvertible {
    /// What is done for how many, for whoever reads along.
    var description: String {
        switch self {
        case .map(let indices): "map \(indices.count)"
        case .renew(let indices, .once): "renew \(indices.count)"
        case .renew(let indices, .untilAnswered): "renew \(indices.count) until answered"
        case .lookAround(let indices): "look around, at \(indices.count)"
        }
    }
}

/// When a hint that the gateway has restarted is answered with a question to it: after a random
/// delay, so that not all of its clients ask at once, and rarely, because anyone can send a hint
/// (T-8).
struct HintQuestion: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The longest delay: the RFCs allow five seconds, within which everything is to be back
    /// (RFC 6886, section 3.2.1; RFC 6887, section 8.5).
    static let longestDelay = Duration.seconds(4)
    /// No more than one question in this time.
    static let interval = Duration.seconds(30)

    /// When to ask; `nil` when there is nothing to ask about.
    private(set) var time: Instant?
    private var last: Instant?

    /// Takes a hint, of which one counts until it is asked about.
    mutating func hinted(at now: Instant, delay: Duration) {
        guard time == nil else { return }
        time = max(now + delay, last.map { $0 + Self.interval } ?? now)
    }

    /// Whether it is time to ask; then the question counts as asked.
    mutating func isDue(at now: Instant) -> Bool {
        guard let time, time <= now else { return false }
        self.time = nil
        last = now
        return true
    }
}
