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
        /// Look whether the way to the gateway is the same, and these are in its table.
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
    static let roundLength = Duration.seconds(60)
    /// No more than one such round in this time.
    static let roundInterval = Duration.seconds(300)

    var states: [HeldMappingState]
    private let lookInterval: Duration
    let random: HeldMappingState.Random
    /// Whether there is a way to a gateway; without one nobody is asked.
    var isReachable = true
    private var nextLook: Instant
    var question = HintQuestion()
    var lastRound: Instant?
    var lastMove: Instant?
    /// The mappings that are asked for to answer a hint.
    var asked: Set<Int> = []

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

    /// Of each gateway the mapping that ends first is asked for in place of all: if the gateway has
    /// lost them, its answer shows it.
    private mutating func answerToHint(at now: Instant) -> Action? {
        for index in indices({ !$0.isHeld }) { states[index].bring(to: now) }
        let byGateway = Dictionary(grouping: indices(\.isHeld)) { states[$0].gateway }
        guard !byGateway.isEmpty else { return next(at: now) }
        asked = Set(byGateway.values.compactMap { $0.min(by: endsBefore) })
        // Beside its schedule, which stays as it is.
        return .renew(asked.sorted(), .untilAnswered)
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

    /// One mapping of each gateway: the one that has not been seen for longest.
    private var longestUnseen: [Int] {
        Dictionary(grouping: indices(\.isHeld)) { states[$0].gateway }.values
            .compactMap { places in
                places.min { first, second in
                    guard let a = states[first].seen, let b = states[second].seen else {
                        return false
                    }
                    return a < b
                }
            }.sorted()
    }

    func indices(_ isIncluded: (HeldMappingState) -> Bool) -> [Int] {
        states.indices.filter { isIncluded(states[$0]) }
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
