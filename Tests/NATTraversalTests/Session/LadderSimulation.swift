import TestSupport

@testable import NATTraversal

/// A gateway as a ladder meets it, in virtual time: what each technique does when it is asked.
struct LadderSimulation {
    /// What comes of asking by one technique.
    enum Behaviour: String, Sendable {
        case granted
        /// Another port than any that was suggested.
        case otherPort
        /// PCP's and NAT-PMP's 2, UPnP's 606.
        case notAuthorized
        /// PCP's 8, NAT-PMP's 4, UPnP's 728.
        case full
        /// PCP's 11, UPnP's 718, for every port; NAT-PMP has no code for it.
        case taken
        /// The same for the wanted port alone.
        case wantedTaken
        /// PCP's 7, NAT-PMP's 3; UPnP's is an address that is not told.
        case noAddress
        /// PCP's 5 as long as there are options.
        case options
        /// A code that nobody has heard of.
        case unknown
        case silent
        case closed
        /// ICMP says so for 300 ms, and then it grants.
        case closedAtFirst
        case unsupported
        case nonsense
    }

    let behaviours: [Technique: Behaviour]
    var isExact = false
    var isRenewal = false
    var isKnownSilent = false
    var via: Technique?
    /// `--timeout`, in place of the defaults.
    var timeout: Duration?

    /// What came of it.
    struct Trace {
        /// Each step: the technique, with `~` for a withdrawal and `!` where it is asked for another
        /// form of the request.
        var steps: [String] = []
        var end = ""
        var time = Duration.zero
    }

    static let answerTime = Duration.milliseconds(10)
    static let searchTime = Duration.milliseconds(60)

    func run() -> Trace {
        let start = ContinuousClock.now
        let order = via.map { [$0] } ?? [.pcp, .natPMP, .upnp]
        guard let port = PortNumber(rawValue: 8080) else { return Trace() }
        var ladder = TechniqueLadder(
            isRenewal ? order : order, port: port, isExact: isExact, hasOptions: true,
            isRenewal: isRenewal, searchLimit: timeout == nil ? .seconds(3) : nil,
            isKnownSilent: isKnownSilent)
        let budget = TimeBudget(
            limit: timeout ?? .seconds(30), silence: timeout == nil ? .seconds(3) : nil,
            from: start)
        var trace = Trace()
        var now = start
        var isFound = false
        for _ in 0..<200 {
            switch ladder.next(at: now, deadline: budget.deadline) {
            case .withdraw(let technique):
                trace.steps.append("~\(technique.rawValue)")
            case .end:
                trace.end = ladder.error.map(Self.name) ?? "nothing"
                trace.time = now - start
                return trace
            case .ask(let asking):
                now = max(now, asking.start ?? now)
                let form = ladder.variation
                let isOther =
                    form.isBare || form.suggestsAddress || form.suggestion.port != port
                    || asking.isAnew
                trace.steps.append(asking.technique.rawValue + (isOther ? "!" : ""))
                let (outcome, end) = outcome(
                    asking, ladder, budget, from: now, since: start, &isFound)
                now = end
                switch outcome {
                case .success(let granted):
                    guard isExact, granted != port else {
                        trace.end = "granted by \(asking.technique.rawValue)"
                        trace.time = now - start
                        return trace
                    }
                    let problem = PortMapperError.portTaken(
                        gateway: .router, technique: asking.technique, wanted: port,
                        granted: granted)
                    ladder.failed(problem, by: asking.technique, at: now)
                case .failure(let error):
                    ladder.failed(error, by: asking.technique, at: now)
                }
            }
        }
        trace.end = "endless"
        return trace
    }

    private func outcome(
        _ asking: TechniqueLadder.Asking, _ ladder: TechniqueLadder, _ budget: TimeBudget,
        from now: ContinuousClock.Instant, since start: ContinuousClock.Instant,
        _ isFound: inout Bool
    ) -> (Result<PortNumber, PortMapperError>, ContinuousClock.Instant) {
        let technique = asking.technique
        let suggestion = ladder.variation.suggestion
        let behaviour = behaviours[technique] ?? .silent
        var answer = now + Self.answerTime
        if technique == .upnp, !isFound, behaviour != .silent {
            answer = answer + Self.searchTime
            isFound = true
        }
        func refused(_ code: Int, _ name: String?) -> Result<PortNumber, PortMapperError> {
            .failure(
                .refused(
                    GatewayRefusal(gateway: .router, technique: technique, code: code, name: name)))
        }
        func answered(
            _ result: Result<PortNumber, PortMapperError>
        ) -> (Result<PortNumber, PortMapperError>, ContinuousClock.Instant) {
            budget.hasHeard = true
            return (result, answer)
        }
        let granted = Result<PortNumber, PortMapperError>.success(suggestion.port)
        switch behaviour {
        case .granted:
            return answered(granted)
        case .otherPort:
            return answered(PortNumber(rawValue: 12401).map { .success($0) } ?? granted)
        case .notAuthorized:
            return answered(
                technique == .upnp
                    ? refused(606, "ActionNotAuthorized") : refused(2, "NOT_AUTHORIZED"))
        case .full:
            switch technique {
            case .pcp: return answered(asking.isAnew ? granted : refused(8, "NO_RESOURCES"))
            case .natPMP: return answered(refused(4, "OUT_OF_RESOURCES"))
            case .upnp: return answered(refused(728, "NoPortMapsAvailable"))
            }
        case .wantedTaken where suggestion.port != suggestion.wanted:
            return answered(granted)
        case .taken, .wantedTaken:
            switch technique {
            case .pcp: return answered(refused(11, "CANNOT_PROVIDE_EXTERNAL"))
            case .natPMP: return answered(refused(4, "OUT_OF_RESOURCES"))
            case .upnp: return answered(refused(718, "ConflictInMappingEntry"))
            }
        case .noAddress:
            switch technique {
            case .pcp: return answered(refused(7, "NETWORK_FAILURE"))
            case .natPMP: return answered(refused(3, "NETWORK_FAILURE"))
            case .upnp:
                return answered(.failure(.noExternalAddress(gateway: .router, technique: .upnp)))
            }
        case .options:
            return answered(ladder.variation.isBare ? granted : refused(5, "UNSUPP_OPTION"))
        case .unknown:
            return answered(refused(99, nil))
        case .unsupported:
            return answered(.failure(.unsupported(gateway: .router, technique: technique)))
        case .nonsense:
            return answered(
                .failure(.badAnswer(gateway: .router, technique: technique, problem: "")))
        case .closedAtFirst where now >= start + .milliseconds(300):
            return answered(granted)
        case .closedAtFirst where asking.closedBelief > .milliseconds(300):
            answer = start + .milliseconds(500)
            return answered(granted)
        case .closed, .closedAtFirst:
            let error = PortMapperError.closed(
                gateway: .router, technique: technique == .upnp ? .upnp : nil,
                cause: SystemError("receive", code: 111))
            return (.failure(error), now + .milliseconds(1) + asking.closedBelief)
        case .silent:
            var end = min(asking.end ?? budget.deadline, budget.deadline)
            if let race = asking.race, behaviours[.upnp].map({ $0 != .silent }) == true {
                let ready = race.searchesFrom + Self.searchTime
                if max(race.takesOverFrom, ready) < end {
                    end = max(race.takesOverFrom, ready)
                    isFound = true
                }
                budget.hasHeard = true
            }
            return (.failure(.noAnswer(gateway: .router, after: end - start)), end)
        }
    }

    private static func name(_ error: PortMapperError) -> String {
        switch error {
        case .noAnswer: "silence"
        case .closed(_, let technique, _): technique == nil ? "closed" : "closed upnp"
        case .unsupported(_, let technique): "unsupported \(technique.rawValue)"
        case .badAnswer(_, let technique, _): "nonsense \(technique.rawValue)"
        case .refused(let refusal): "\(refusal.technique.rawValue) \(refusal.code)"
        case .portTaken(_, let technique, _, _): "taken \(technique.rawValue)"
        case .noExternalAddress(_, let technique): "no address \(technique.rawValue)"
        default: "\(error)"
        }
    }
}
