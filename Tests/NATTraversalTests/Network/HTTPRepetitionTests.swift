import Testing

@testable import NATTraversal

@Suite("The repetition of an HTTP exchange") struct HTTPRepetitionTests {
    typealias Failure = HTTPRepetition.Failure
    typealias Step = HTTPRepetition.Step

    /// What precedes each further attempt when every one ends alike, a second later each; at most
    /// six.
    private func steps(after failure: Failure, isHarmless: Bool) -> [Step] {
        var repetition = HTTPRepetition(isHarmless: isHarmless)
        var steps: [Step] = []
        while steps.count < 6,
            let step = repetition.next(after: failure, elapsed: .milliseconds(900 * steps.count))
        {
            steps.append(step)
        }
        return steps
    }

    private static let pause = Duration.milliseconds(250)

    struct Row: Sendable {
        var failure: Failure
        var question: [Step]
        var change: [Step]
    }

    static let rows = [
        Row(
            failure: .unopened, question: Array(repeating: Step(pause: pause), count: 6),
            change: Array(repeating: Step(pause: pause), count: 6)),
        Row(failure: .refused, question: [Step(pause: pause)], change: [Step(pause: pause)]),
        Row(
            failure: .reset, question: [Step(pause: .zero), Step(pause: pause)],
            change: [Step(pause: .zero), Step(pause: pause)]),
        Row(
            failure: .disliked, question: [Step(pause: .zero, changesVersion: true)],
            change: [Step(pause: .zero, changesVersion: true)]),
        Row(
            failure: .busy(seconds: nil),
            question: Array(repeating: Step(pause: .seconds(1)), count: 2),
            change: Array(repeating: Step(pause: .seconds(1)), count: 2)),
        Row(
            failure: .busy(seconds: 200),
            question: Array(repeating: Step(pause: .seconds(5)), count: 2),
            change: Array(repeating: Step(pause: .seconds(5)), count: 2)),
        Row(
            failure: .closed,
            question: [
                Step(pause: .zero, changesVersion: true), Step(pause: pause, changesVersion: true),
            ], change: []),
        Row(failure: .cut, question: [Step(pause: .zero), Step(pause: pause)], change: []),
        Row(
            failure: .silent, question: Array(repeating: Step(pause: .zero), count: 6), change: []),
    ]

    @Test(
        "is free for questions; changes are repeated only where nothing was done", arguments: rows)
    func table(row: Row) {
        #expect(steps(after: row.failure, isHarmless: true) == row.question)
        #expect(steps(after: row.failure, isHarmless: false) == row.change)
    }

    @Test("a closed port is asked again within the first second only (S-18)")
    func refusal() {
        var repetition = HTTPRepetition(isHarmless: true)
        #expect(repetition.next(after: .refused, elapsed: .seconds(1)) == nil)
    }

    @Test("a question waits longer each time, and a change as long as its caller likes (H-13)")
    func limits() {
        var question = HTTPRepetition(isHarmless: true)
        var silences: [Duration?] = []
        for _ in 0..<5 {
            silences.append(question.silenceLimit)
            #expect(question.attemptLimit == .seconds(10))
            _ = question.next(after: .silent, elapsed: .zero)
        }
        #expect(silences == [3, 6, 10, 10, 10].map { .seconds($0) })
        for patience in [nil, Duration.seconds(4)] {
            let change = HTTPRepetition(isHarmless: false, patience: patience)
            #expect(change.silenceLimit == patience && change.attemptLimit == nil)
        }
    }

    /// What an exchange came to, and how that counts.
    static let failures: [(HTTPClientError, Failure?)] = [
        (.unopened, .unopened), (.timeout, .silent), (.wrongPeer, nil),
        (.connection(SystemError("connect", code: 111)), .refused),
        (.connection(SystemError("connect", code: 113)), .unopened),
        (.connection(SystemError("connect", code: 104)), .reset),
        (.connection(SystemError("connect", code: 101)), nil),
        (.connection(SystemError("receive", code: 104)), .closed),
        (.message(.nothing), .closed), (.message(.headCutShort), .cut),
        (.message(.bodyTooLong), nil), (.message(.statusLine), nil),
    ]

    @Test("knows lost packets from answers", arguments: failures)
    func errors(error: HTTPClientError, failure: Failure?) {
        #expect(Failure(error) == failure)
    }

    @Test("takes an answer that ends before its document does for none")
    func cutAnswers() {
        let half = Array("<a><b>".utf8)
        let whole = Array("<a><b/></a>".utf8)
        for (body, isComplete, framing, isCut) in [
            (half, false, HTTPResponse.Framing.contentLength, true),
            (half, true, .untilClose, true), (half, true, .contentLength, false),
            (whole, false, .contentLength, false), (whole, true, .untilClose, false),
            ([], false, .contentLength, false),
        ] {
            var response = HTTPResponse.status(200, body)
            response.isComplete = isComplete
            response.framing = framing
            #expect((Failure(response) == .cut) == isCut)
        }
    }

    /// An exchange with a server that fails so often and then answers, and how long that took.
    private func ask(
        _ failures: [HTTPClientError], limit: Duration = .seconds(30), isHarmless: Bool = true
    ) async throws -> (ScriptedHTTP, Result<Int, HTTPClientError>) {
        let rest = Locked(failures)
        let http = ScriptedHTTP { _ in
            if let error = rest.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
            return .status(200, Array("<a/>".utf8))
        }
        do {
            let exchange = try await http.exchangeRepeatedly(
                HTTPRequest(url: HTTPURL("http://192.168.1.1/")), bodyLimit: 99,
                isHarmless: isHarmless, until: http.now + limit)
            return (http, .success(exchange.response.status))
        } catch let error as HTTPClientError {
            return (http, .failure(error))
        }
    }

    @Test("outlives a server that hangs, and does not wait for it with all its time")
    func hung() async throws {
        let (http, outcome) = try await ask([.timeout, .timeout])
        #expect(outcome == .success(200))
        #expect(http.times == [.zero, .seconds(3), .seconds(9)])
    }

    @Test("ends at its deadline with what went wrong last")
    func deadline() async throws {
        let (http, outcome) = try await ask(Array(repeating: .timeout, count: 99))
        #expect(outcome == .failure(.timeout))
        #expect(http.elapsed == .seconds(30))
        #expect(http.requests.count == 5)
    }

    @Test("sends a change again when no connection opened, and never when it is silent (A-22)")
    func changes() async throws {
        let (http, outcome) = try await ask([.unopened, .unopened], isHarmless: false)
        #expect(outcome == .success(200))
        #expect(http.requests.count == 3)
        for error in [HTTPClientError.timeout, .message(.nothing), .message(.headCutShort)] {
            let (http, outcome) = try await ask([error], limit: .seconds(5), isHarmless: false)
            #expect(outcome == .failure(error))
            #expect(http.requests.count == 1)
        }
    }

    @Test("speaks the other version to a server that closes without a word (H-5)")
    func versions() async throws {
        let (http, outcome) = try await ask([.message(.nothing)])
        #expect(outcome == .success(200))
        #expect(http.requests.map(\.version) == [.http11, .http10])
    }
}
