@testable import NATTraversal

extension Property {
    /// Whatever the techniques answer and when, a request ends within its time, leaves at most one
    /// mapping, and leaves none without a grant or a record of it.
    static let ladder = Property("ladder", sizeLimit: 512) { bytes in
        var gateway = LadderScript(bytes)
        try gateway.run()
    }
}

/// A gateway that answers a ladder by a script, in virtual time.
private struct LadderScript {
    private var script: Script
    private var ladder: TechniqueLadder
    private let budget: TimeBudget
    private let isExact: Bool
    private let isRenewal: Bool
    private let isLeftAlone: Bool
    private let order: [Technique]
    private var now: ContinuousClock.Instant
    private let start: ContinuousClock.Instant
    /// The techniques by which the port may be mapped now.
    private var mapped: Set<Technique> = []
    /// When the gateway last refused.
    private var lastNo: ContinuousClock.Instant?

    private static let port: PortNumber = 8080
    private static let gateway = GatewayAddress(.v4(IPv4Address(rawValue: 0xC0A8_4D01)))
    /// More than the techniques can be asked in 30 s by the pauses between their questions.
    private static let stepLimit = 400

    init(_ bytes: [UInt8]) {
        script = Script(bytes)
        let flags = script.byte()
        let orders: [[Technique]] = [
            [.pcp, .natPMP, .upnp], [.natPMP, .pcp, .upnp], [.upnp, .pcp, .natPMP], [.upnp, .pcp],
            [.pcp], [.natPMP], [.upnp], [.pcp, .natPMP, .upnp],
        ]
        isExact = flags & 8 != 0
        isRenewal = flags & 16 != 0
        isLeftAlone = flags & 48 == 48
        order = isLeftAlone ? [orders[Int(flags & 7)][0]] : orders[Int(flags & 7)]
        let timeout: Duration? = flags & 64 != 0 ? .seconds(Int(script.byte() % 60) + 1) : nil
        start = .now
        now = start
        budget = TimeBudget(
            limit: timeout ?? .seconds(30), silence: timeout == nil ? .seconds(3) : nil,
            from: start)
        ladder = TechniqueLadder(
            order, port: Self.port, isExact: isExact, hasOptions: flags & 128 != 0,
            isRenewal: isRenewal, isLeftAlone: isLeftAlone, searchLimit: budget.searchLimit,
            silenceEnd: script.flag() ? start + .seconds(1) : nil)
    }

    mutating func run() throws {
        for _ in 0..<Self.stepLimit {
            try require(now <= budget.end, "\(now - start) of \(budget.end - start) are over")
            switch ladder.next(at: now, deadline: budget.deadline) {
            case .withdraw(let technique):
                mapped.remove(technique)
            case .end:
                return try checkFailure()
            case .ask(let asking):
                if let granted = try answer(asking) {
                    mapped.insert(granted)
                    return try require(mapped == [granted], "mapped by \(mapped)")
                }
            }
        }
        throw Violation(description: "more than \(Self.stepLimit) steps")
    }

    private func checkFailure() throws {
        try require(ladder.error != nil, "no grant and no error")
        try require(mapped.count <= 1, "mapped by \(mapped)")
        guard let technique = mapped.first else { return }
        try require(
            isRenewal && technique == order.first || ladder.openTechnique != nil,
            "\(technique) has mapped what nobody remembers")
    }

    /// Lets the gateway answer.
    ///
    /// - Returns: the technique that has granted the mapping, if it is to stay.
    private mutating func answer(_ asking: TechniqueLadder.Asking) throws -> Technique? {
        let technique = asking.technique
        try require(order.contains(technique), "\(technique) may not be asked")
        now = max(now, asking.start ?? now)
        if let lastNo {
            try require(
                now < lastNo + TechniqueLadder.refusalLimit, "asked long after a refusal")
        }
        if asking.isAnew { mapped.remove(technique) }
        let kind = script.byte()
        let deadline = min(asking.end ?? budget.deadline, budget.deadline)
        let pause = Duration.milliseconds(Int(script.byte()) * 20)
        // Without an answer until then there is none.
        let isInTime = now + pause < deadline
        switch kind % 16 {
        case 0...7 where !isInTime, 8, 9:
            silence(asking, until: deadline, isDone: kind & 16 != 0)
        case 0, 1:
            now = now + pause
            return grant(technique, port: kind & 16 == 0 ? ladder.variation.suggestion.port : 12401)
        case 2, 3, 4:
            let codes = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 99, 402, 501, 606, 718, 725, 728]
            let code = codes[Int(script.byte()) % codes.count]
            fail(
                .refused(
                    GatewayRefusal(
                        gateway: Self.gateway, technique: technique, code: code, name: nil)),
                by: technique, after: pause)
        case 5:
            fail(
                .unsupported(gateway: Self.gateway, technique: technique), by: technique,
                after: pause)
        case 6:
            fail(
                .noExternalAddress(gateway: Self.gateway, technique: technique), by: technique,
                after: pause)
        case 7:
            fail(
                .badAnswer(gateway: Self.gateway, technique: technique, problem: "nonsense"),
                by: technique, after: pause)
            // It may have mapped the port all the same; UPnP is read back.
            if technique != .upnp, kind & 16 != 0 { mapped.insert(technique) }
        case 10, 11:
            closed(asking, until: deadline)
        case 12 where technique != .upnp && order.contains(.natPMP) && order.contains(.pcp):
            // The other one of the two that share a port has answered.
            budget.hasHeard = true
            now = min(now + pause, deadline)
            ladder.failed(
                .noAnswer(
                    gateway: Self.gateway, technique: technique == .pcp ? .natPMP : .pcp,
                    after: pause), by: technique, at: now)
            // The client has withdrawn the request that was not answered.
            mapped.remove(technique)
        default:
            silence(asking, until: deadline, isDone: kind & 16 != 0)
        }
        return nil
    }

    private mutating func grant(_ technique: Technique, port: PortNumber) -> Technique? {
        budget.hasHeard = true
        guard isExact, port != Self.port else { return technique }
        // It has been deleted again.
        mapped.remove(technique)
        lastNo = now
        let problem = PortMapperError.portTaken(
            gateway: Self.gateway, technique: technique, wanted: Self.port, granted: port)
        if script.flag() {
            ladder.granted(by: technique)
            ladder.rejected(because: problem, by: technique, at: now)
        } else {
            ladder.failed(problem, by: technique, at: now)
        }
        return nil
    }

    /// An answer: it settles whether this technique has mapped the port.
    private mutating func fail(
        _ error: PortMapperError, by technique: Technique, after pause: Duration
    ) {
        budget.hasHeard = true
        now = now + pause
        mapped.remove(technique)
        ladder.failed(error, by: technique, at: now)
        var copy = ladder
        if case .ask(let again) = copy.next(at: now, deadline: budget.deadline),
            again.technique == technique
        {
            return  // The request in another form: it has not refused yet.
        }
        // A technique that is absent is no refusal, unless all others have refused.
        if case .unsupported = error, lastNo == nil, technique != .upnp { return }
        lastNo = now
    }

    private mutating func silence(
        _ asking: TechniqueLadder.Asking, until deadline: ContinuousClock.Instant, isDone: Bool
    ) {
        var end = max(now, deadline)
        if let race = asking.race, script.flag() {
            end = min(end, max(now, race.takesOverFrom))
            budget.hasHeard = true
        }
        let waited = end - now
        now = end
        // UPnP was read back, or nothing was sent.
        if isDone, asking.technique != .upnp { mapped.insert(asking.technique) }
        ladder.failed(
            .noAnswer(gateway: Self.gateway, after: waited), by: asking.technique, at: now)
    }

    private mutating func closed(
        _ asking: TechniqueLadder.Asking, until deadline: ContinuousClock.Instant
    ) {
        now = min(now + .milliseconds(1) + asking.closedBelief, max(now, deadline))
        if lastNo != nil, asking.technique == .upnp { lastNo = now }
        ladder.failed(
            .closed(
                gateway: Self.gateway, technique: asking.technique == .upnp ? .upnp : nil,
                cause: SystemError("receive", code: 111)), by: asking.technique, at: now)
    }
}
