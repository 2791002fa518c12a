/// Decides which technique to ask next for one request to one gateway.
///
/// Pure: it takes the outcome of each question and the time, and returns which technique to ask
/// and until when, which search runs meanwhile, which request to withdraw, and when to stop. A
/// request is a port to map, or the external address.
struct TechniqueLadder: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The next thing to do.
    enum Step: Hashable, Sendable {
        case ask(Asking)
        /// Delete the mapping that an unanswered request by this technique may still make.
        case withdraw(Technique)
        /// Stop: there is a grant, or `error` says why there is none.
        case end
    }

    /// A question by one technique.
    struct Asking: Hashable, Sendable {
        var technique: Technique
        /// When to send it; `nil` is at once.
        var start: Instant?
        /// When to stop waiting for an answer; `nil` is the end of the command's time.
        ///
        /// For UPnP it ends the search; a service that was found has the command's time.
        var end: Instant?
        /// When to give up a UPnP service that has answered nothing but the search, because another
        /// technique is left; `nil` is the end of the command's time.
        var serviceEnd: Instant?
        /// The search for UPnP that runs meanwhile.
        var race: Race?
        /// How long to doubt ICMP's "port unreachable".
        var closedBelief = AskLimit.closedBelief
        /// Whether to delete the technique's earlier grant first.
        var isAnew = false

        /// Whether both can be asked in one go.
        func isLike(_ other: Asking) -> Bool {
            technique == other.technique && isAnew == other.isAnew && start == other.start
        }
    }

    /// A search for UPnP beside another technique.
    struct Race: Hashable, Sendable {
        var searchesFrom: Instant
        var takesOverFrom: Instant
    }

    /// How the request differs from its first form.
    struct Variation: Hashable, Sendable {
        var suggestion: PortSuggestion
        /// Whether to suggest another external address than "any".
        var suggestsAddress = false
        /// Whether to leave out the options that are not essential.
        var isBare = false
    }

    /// How long one technique is asked alone: most gateways answer by then, and the LAN has heard
    /// nothing else.
    static let headStart = Duration.milliseconds(50)
    /// How long a technique must be silent before UPnP maps: long enough to resend one lost packet
    /// and get an answer.
    static let silence = Duration.milliseconds(500)
    /// The same for a gateway whose silence is known: a round trip and a little, because it may
    /// have learnt to answer.
    static let knownSilence = Duration.milliseconds(10)
    /// How long to search for UPnP while another technique is left.
    static let firstSearch = Duration.milliseconds(1500)
    /// How long to wait for a UPnP service's first answer while another technique is left, the search
    /// included: as long as connecting to it may take.
    static let firstService = Duration.seconds(3)
    /// How long after a gateway's last refusal other techniques are still asked.
    static let refusalLimit = Duration.seconds(3)

    /// The state of one technique.
    private enum Standing: Hashable {
        case untried
        /// It has not answered.
        case silent
        /// ICMP has called its port closed since then.
        case closed(since: Instant)
        /// It shares its port with a technique that was asked, and waits for that outcome.
        case covered
        /// The gateway does not offer it.
        case absent
        /// It has refused this request.
        case refused
    }

    private let order: [Technique]
    private let hasOptions: Bool
    private let isRenewal: Bool
    private let isPinhole: Bool
    private let isLeftAlone: Bool
    /// When to give up a silent gateway, because another one is left.
    private let silenceEnd: Instant?
    /// How long to search at most; `nil` is the command's time.
    private let searchLimit: Duration?
    /// Whether an earlier run has found PCP and NAT-PMP silent.
    private let isKnownSilent: Bool
    private var standings: [Technique: Standing]
    private var lastAsked: [Technique: Instant] = [:]
    /// The question under way.
    private var current: Asking?
    /// The same technique again, with the request in another form.
    private var repeated: Asking?
    private var withdrawn: Technique?
    /// When the gateway last refused.
    private var lastNo: Instant?
    /// Whether it has answered anything, so that it is not given up for another one's sake.
    private var hasAnswered = false
    /// The techniques of the shared port that may have done what they were asked without a word.
    private var openTechniques: Set<Technique> = []
    private var hasRefused = false
    private var usedRemedies: Set<GatewayReaction.Remedy> = []
    private var lastRefusal: GatewayRefusal?
    private var namesNoAddress = 0
    private var isGranted = false

    /// The present form of the request.
    private(set) var variation: Variation
    /// The technique to ask first; `nil` when there is none.
    var firstTechnique: Technique? { order.first }

    /// The most telling failure of the techniques; `nil` when none has failed.
    private(set) var error: PortMapperError?

    /// Creates a ladder on which nothing has been asked.
    ///
    /// - Parameters:
    ///   - order: the techniques that may be asked, best first; a remembered one before the others.
    ///   - port: the wanted external port.
    ///   - isExact: whether no other port will do.
    ///   - takesAnyPort: whether the gateway may choose the port.
    ///   - hasOptions: whether the request has options that are not essential.
    ///   - isRenewal: whether the first technique has granted it before.
    ///   - isPinhole: whether a port of IPv6 is opened.
    ///   - isLeftAlone: whether silence changes nothing, because there is time to renew later: no
    ///     request is withdrawn or repeated.
    ///   - searchLimit: how long to search at most; `nil` is the command's time.
    ///   - silenceEnd: when to give up a silent gateway.
    ///   - isKnownSilent: whether an earlier run has found PCP and NAT-PMP silent.
    ///   - openTechnique: by which one an earlier process has asked without hearing an answer.
    init(
        _ order: [Technique], port: PortNumber, isExact: Bool = false, takesAnyPort: Bool = false,
        hasOptions: Bool = false,
        isRenewal: Bool = false, isPinhole: Bool = false,
        isLeftAlone: Bool = false, searchLimit: Duration?, silenceEnd: Instant? = nil,
        isKnownSilent: Bool = false, openTechnique: Technique? = nil
    ) {
        self.order = order
        self.hasOptions = hasOptions
        self.isRenewal = isRenewal
        self.isPinhole = isPinhole
        self.isLeftAlone = isLeftAlone
        self.searchLimit = searchLimit
        self.silenceEnd = silenceEnd
        self.isKnownSilent = isKnownSilent
        openTechniques = Set([openTechnique].compactMap(\.self).filter(\.isOnSharedPort))
        standings = Dictionary(uniqueKeysWithValues: order.map { ($0, .untried) })
        variation = Variation(
            suggestion:
                PortSuggestion(port, isExact: isExact, isAny: takesAnyPort))
    }

    /// Decides the next step.
    ///
    /// - Parameters:
    ///   - now: the present.
    ///   - deadline: when the command's time is over, as far as is known now.
    /// - Returns: the step.
    mutating func next(at now: Instant, deadline: Instant) -> Step {
        let limit = limit(deadline)
        let isOver = isGranted || now >= limit
        var asking = isOver ? nil : repeated ?? nextTechnique.map { self.asking($0, at: now) }
        // Nothing is asked after a pause that outlasts the time.
        if let start = asking?.start, start >= limit { asking = nil }
        // What is renewed may be there all the time: it goes only when another technique maps.
        if let technique = withdrawn,
            !isRenewal || asking.map({ $0.technique != technique }) == true
        {
            (withdrawn, repeated) = (nil, asking)
            return .withdraw(technique)
        }
        guard let asking else { return .end }
        repeated = nil
        current = asking
        lastAsked[asking.technique] = asking.start ?? now
        return .ask(asking)
    }

    /// When to stop, unless something is granted before.
    private func limit(_ deadline: Instant) -> Instant {
        [deadline, silenceLimit, refusalEnd].compactMap(\.self).reduce(deadline, min)
    }

    /// When a gateway that has said nothing is given up.
    private var silenceLimit: Instant? {
        hasAnswered ? nil : silenceEnd
    }

    /// When to stop after a refusal; `nil` when there was none.
    ///
    /// Once the gateway has refused, or answered that it offers no technique but perhaps UPnP, the
    /// other techniques have a few seconds, however long the command may take.
    private var refusalEnd: Instant? {
        let onlyUPnPIsLeft =
            order.count > 1
            && order.allSatisfy {
                $0 == .upnp || standings[$0] == .absent || standings[$0] == .refused
            }
        return hasRefused || onlyUPnPIsLeft ? lastNo.map { $0 + Self.refusalLimit } : nil
    }

    /// The next technique that was not asked yet; else, of those that may have lost a packet, the
    /// one whose last question is oldest.
    ///
    /// After a refusal no technique is asked twice.
    private var nextTechnique: Technique? {
        if let untried = order.first(where: { standings[$0] == .untried }) { return untried }
        guard !hasRefused, !isLeftAlone else { return nil }
        return order.filter(mayBeAskedAgain).min { first, second in
            guard let a = lastAsked[first], let b = lastAsked[second] else { return false }
            return a < b
        }
    }

    private func mayBeAskedAgain(_ technique: Technique) -> Bool {
        switch standings[technique] {
        case .silent, .closed: true
        default: false
        }
    }

    private func asking(_ technique: Technique, at now: Instant) -> Asking {
        var asking = Asking(technique: technique)
        var ends = [silenceLimit, refusalEnd].compactMap(\.self)
        if case .closed(let since) = standings[technique] {
            asking.closedBelief = max(.zero, since + AskLimit.closedBelief - now)
            let pause = lastAsked[technique].map { $0 + RetrySchedule.wait(afterSend: 1) }
            asking.start = pause.flatMap { $0 > now ? $0 : nil }
        }
        if technique == .upnp {
            if let searchLimit { ends.append(now + searchLimit) }
            if othersWait {
                ends.append(now + Self.firstSearch)
                asking.serviceEnd = now + Self.firstService
            }
        } else if canRace {
            asking.race =
                isKnownSilent
                ? Race(searchesFrom: now, takesOverFrom: now + Self.knownSilence)
                : Race(searchesFrom: now + Self.headStart, takesOverFrom: now + Self.silence)
            // Asks UPnP at once instead.
            if standings[.upnp] == .untried { asking.closedBelief = .zero }
        }
        asking.end = ends.min()
        return asking
    }

    /// Whether UPnP may still be asked after the present question.
    private var canRace: Bool { standings[.upnp] == .untried || mayBeAskedAgain(.upnp) }

    /// Whether a technique other than UPnP was not asked yet, or is to be asked again because its
    /// closed port is still doubted.
    private var othersWait: Bool {
        order.contains { technique in
            guard technique != .upnp else { return false }
            if case .closed = standings[technique] { return true }
            return standings[technique] == .untried
        }
    }
}

// The outcomes of questions.
extension TechniqueLadder {
    /// The technique that was asked has granted it.
    mutating func granted(by technique: Technique) {
        isGranted = true
        hasAnswered = true
        withdrawn = nil
        openTechniques.remove(technique)
    }

    /// A grant did not fit the request and was deleted again.
    mutating func rejected(
        because problem: PortMapperError, by technique: Technique, at now: Instant
    ) {
        isGranted = false
        error = problem.isMoreTelling(than: error) ? problem : error
        said(noBy: technique, at: now)
    }

    /// Whether one of the techniques of the shared port may still do what it was asked.
    var openTechnique: Technique? { order.first(where: openTechniques.contains) }

    /// Whether PCP and NAT-PMP have not answered; `nil` when they were not asked.
    var isSharedPortSilent: Bool? {
        let shared = order.filter(\.isOnSharedPort).compactMap { standings[$0] }
        guard shared.contains(where: { $0 != .untried }) else { return nil }
        return shared.contains(.silent) && shared.allSatisfy { $0 == .silent || $0 == .covered }
    }

    /// Whether anybody was asked.
    var hasAsked: Bool { !lastAsked.isEmpty }

    /// The technique that was asked has granted nothing.
    ///
    /// - Parameters:
    ///   - problem: the failure.
    ///   - technique: the technique that failed.
    ///   - wasSent: whether this very request was sent, rather than that of an earlier port whose
    ///     failure holds for all.
    ///   - now: the present.
    mutating func failed(
        _ problem: PortMapperError, by technique: Technique, wasSent: Bool = true, at now: Instant
    ) {
        isGranted = false
        error = problem.isMoreTelling(than: error) ? problem : error
        if wasSent { settle(technique, by: problem) }
        hasAnswered = hasAnswered || problem.showsGateway
        switch problem {
        case .noAnswer(_, let other?, _) where other == sibling(of: technique):
            // It speaks that one; whether it speaks this one as well is not known.
            standings[technique] = .silent
            if standings[other] == .covered { standings[other] = .untried }
        case .noAnswer:
            standings[technique] = .silent
            cover(siblingOf: technique)
            // What was asked by UPnP was read back, or never sent.
            if technique.isOnSharedPort, wasSent { mayBeDone(by: technique) }
        case .closed:
            var since = now
            if case .closed(let first) = standings[technique] { since = first }
            let wasDoubted = current.map { $0.closedBelief >= AskLimit.closedBelief } ?? false
            let isBelieved = wasDoubted || now >= since + AskLimit.closedBelief
            standings[technique] = isBelieved ? .absent : .closed(since: since)
            // UPnP has answered the search, so this is a refusal and not an absence.
            if isBelieved, technique == .upnp { (lastNo, hasRefused) = (now, true) }
            cover(siblingOf: technique)
        case .unsupported:
            lastNo = now
            standings[technique] = .absent
            if technique == .upnp { hasRefused = true }
            if let sibling = sibling(of: technique), standings[sibling] == .covered {
                standings[sibling] = .untried
            }
        case .refused(let refusal):
            react(to: refusal, at: now)
        case .foreign, .inexpressible:
            endAll()
        case .badAnswer:
            if technique.isOnSharedPort, wasSent { mayBeDone(by: technique) }
            said(noBy: technique, at: now)
        case .portTaken, .noExternalAddress, .notPublic, .unverifiable:
            said(noBy: technique, at: now)
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .behindBridge, .noSuchInterface,
            .noGlobalAddress, .unreachable, .noSuchService, .unmappedElsewhere, .system,
            .leaseFile:
            standings[technique] = .absent
        }
        if case .noExternalAddress = problem { toldNoAddress() }
    }

    /// Takes over what another request has shown about the gateway.
    mutating func learn(from other: TechniqueLadder) {
        for technique in order {
            switch other.standings[technique] {
            case .silent, .closed, .covered, .absent:
                standings[technique] = other.standings[technique]
            case .untried, .refused, nil: break
            }
        }
        // A no that the first port got round is long past by now.
        lastNo = other.isGranted ? nil : other.lastNo
        hasAnswered = other.hasAnswered
        switch other.error {
        case .noAnswer, .closed, .unsupported, .system: error = other.error
        default: break
        }
    }

    private mutating func react(to refusal: GatewayRefusal, at now: Instant) {
        let reaction = GatewayReaction(to: refusal)
        let isRepeated = lastRefusal?.code == refusal.code
        lastRefusal = refusal
        // IGDNegotiation has tried UPnP's.
        let remedies = refusal.technique.isOnSharedPort ? reaction.remedies : []
        if let remedy = remedies.first(where: { apply($0, isRepeated: isRepeated) }) {
            // What the gateway has lost of IPv6 it refuses once, and grants when asked again (N-18).
            let isAnew = remedy == .anew && !isPinhole
            repeated = asking(refusal.technique, at: now)
            repeated?.isAnew = isAnew
            return
        }
        said(noBy: refusal.technique, at: now)
        // A sibling that was asked already keeps its standing, for the other ports to learn from.
        if reaction.next == .otherPort, let sibling = sibling(of: refusal.technique),
            standings[sibling] == .untried || standings[sibling] == .covered
        {
            standings[sibling] = .refused
        }
        if reaction.kind == .noExternalAddress { toldNoAddress() }
    }

    /// Changes the request as a remedy says.
    ///
    /// - Returns: whether the request has changed.
    private mutating func apply(_ remedy: GatewayReaction.Remedy, isRepeated: Bool) -> Bool {
        switch remedy {
        case .anotherPort(let attempts):
            // The same refusal for two ports in a row is not about the port.
            guard !isRepeated else { return false }
            return variation.suggestion.moveOn(limit: attempts + 1)
        case .anotherAddress:
            guard !variation.suggestion.isExact, usedRemedies.insert(remedy).inserted else {
                return false
            }
            variation.suggestion.startOver()
            variation.suggestsAddress = true
            return true
        case .withoutOptions:
            guard hasOptions, usedRemedies.insert(remedy).inserted else { return false }
            variation.isBare = true
            return true
        case .anew:
            return (isRenewal || isPinhole) && usedRemedies.insert(remedy).inserted
        case .permanentLease, .plainDescription, .samePort, .olderAction, .later:
            return false
        }
    }

    /// Takes an answer for that to all requests by a technique; a closed port is none.
    private mutating func settle(_ technique: Technique, by problem: PortMapperError) {
        if case .closed = problem { return }
        openTechniques.remove(technique)
    }

    /// A request that has no answer, or none that makes sense, may have been carried out.
    private mutating func mayBeDone(by technique: Technique) {
        openTechniques.insert(technique)
        if !isLeftAlone { withdrawn = technique }
    }

    private mutating func said(noBy technique: Technique, at now: Instant) {
        lastNo = now
        hasRefused = true
        standings[technique] = .refused
        // Each technique starts with the wanted port and all options.
        variation.suggestion.startOver()
        variation.suggestsAddress = false
        variation.isBare = false
        lastRefusal = nil
    }

    /// Ends the ladder when two techniques report no external address, because all techniques of a
    /// gateway share it.
    private mutating func toldNoAddress() {
        namesNoAddress += 1
        if namesNoAddress > 1 { endAll() }
    }

    private mutating func endAll() {
        for technique in order { standings[technique] = .refused }
    }

    /// PCP and NAT-PMP share a port, and a question by one sends the other's as well.
    private mutating func cover(siblingOf technique: Technique) {
        guard let sibling = sibling(of: technique), standings[sibling] == .untried else { return }
        standings[sibling] = .covered
    }

    private func sibling(of technique: Technique) -> Technique? {
        guard technique.isOnSharedPort else { return nil }
        return order.first { $0.isOnSharedPort && $0 != technique }
    }
}

extension PortMapperError {
    /// Whether it tells the user more than another failure of the same request.
    ///
    /// A refusal tells more than a meaningless answer, that more than a service that was found and
    /// cannot be used, that more than an absent technique, and that more than silence. Of equal
    /// failures the first one stays, but of two silences the later one, which has the longer time,
    /// and of two refusals the one that names an external address nobody outside can reach.
    func isMoreTelling(than other: PortMapperError?) -> Bool {
        guard let other else { return true }
        if weight != other.weight { return weight > other.weight }
        if case .noAnswer = self { return true }
        return unreachableAddress != nil && other.unreachableAddress == nil
    }

    /// The more telling one of two.
    static func moreTelling(
        _ first: PortMapperError?, _ second: PortMapperError
    ) -> PortMapperError {
        guard let first, !second.isMoreTelling(than: first) else { return second }
        return first
    }

    /// Whether the gateway has answered something.
    fileprivate var showsGateway: Bool {
        switch self {
        case .noAnswer(_, let technique, _), .closed(_, let technique, _): technique != nil
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .behindBridge, .noSuchInterface,
            .noGlobalAddress, .unreachable, .noSuchService, .inexpressible, .unmappedElsewhere,
            .system, .leaseFile:
            false
        case .unsupported, .badAnswer, .refused, .portTaken, .foreign, .noExternalAddress,
            .notPublic, .unverifiable:
            true
        }
    }

    /// The external address that explains a refusal.
    private var unreachableAddress: IPAddress? {
        switch self {
        case .refused(let refusal): refusal.unreachableAddress
        case .notPublic(let address, _, _): address
        default: nil
        }
    }

    private var weight: Int {
        switch self {
        case .noAnswer(_, nil, _): 0
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .noSuchInterface, .noSuchService,
            .unmappedElsewhere, .closed(_, nil, _):
            1
        case .behindBridge(let error): error.weight
        case .unsupported(_, let technique): technique.isOnSharedPort ? 1 : 2
        case .noAnswer, .closed: 2
        case .badAnswer: 3
        case .refused, .portTaken, .noExternalAddress, .notPublic, .unverifiable, .inexpressible,
            .foreign:
            4
        case .system, .leaseFile, .noGlobalAddress, .unreachable: 5
        }
    }
}
