import Testing

@testable import NATTraversal

@Suite("Request window") struct RequestWindowTests {
    typealias Window = RequestWindow<String>

    static let start = ContinuousClock.now

    /// A request whose answer repeats its byte; 0xEE before it makes the answer a weak one.
    static func request(
        _ byte: UInt8, companion: [UInt8]? = nil, sendLimit: Int? = nil
    ) -> Window.Request {
        Window.Request(
            payload: [byte], companion: companion, sendLimit: sendLimit, key: [byte]
        ) { payload in
            switch payload {
            case [byte]: .answer("strong \(byte)")
            case [0xEE, byte]: .weakAnswer("weak \(byte)")
            default: .mismatch("not \(byte)")
            }
        }
    }

    static func window(_ bytes: [UInt8], limit: Int = 32) -> Running {
        Running(bytes.map { request($0) }, limit: limit)
    }

    /// A window by reference: `#expect` cannot call what mutates a value.
    final class Running {
        private var window: Window

        init(_ requests: [Window.Request], limit: Int) {
            window = Window(requests, limit: limit) { $0.count == 1 ? $0 : nil }
        }

        var answers: [String?] { window.answers }
        var mismatch: String? { window.mismatch }
        var isFinished: Bool { window.isFinished }
        var nextWake: ContinuousClock.Instant? { window.nextWake }
        func due(at now: ContinuousClock.Instant) -> [[UInt8]] { window.due(at: now) }
        func received(_ payload: [UInt8]) -> Bool { window.received(payload) }
        func timeIsOver() { window.timeIsOver() }
    }

    /// What is sent until `end`, with the milliseconds since the start.
    static func sends(of window: Running, until end: Duration) -> [(Int64, [UInt8])] {
        var sends: [(Int64, [UInt8])] = []
        var now = start
        while now <= start + end {
            let time = start.duration(to: now) / .milliseconds(1)
            sends += window.due(at: now).map { (Int64(time), $0) }
            guard let next = window.nextWake else { return sends }
            now = next
        }
        return sends
    }

    @Test("sends an unanswered request again on the schedule, the same bytes each time")
    func resends() {
        let window = Self.window([7])
        let sends = Self.sends(of: window, until: .seconds(8))
        #expect(sends.map(\.0) == [0, 250, 750, 1750, 3750, 5750, 7750])
        #expect(sends.allSatisfy { $0.1 == [7] })
        #expect(!window.isFinished)
    }

    @Test("sends nothing before its time")
    func waits() {
        let window = Self.window([7])
        #expect(window.due(at: Self.start) == [[7]])
        #expect(window.due(at: Self.start + .milliseconds(249)) == [])
        #expect(window.due(at: Self.start + .milliseconds(250)) == [[7]])
    }

    @Test("stops when answered")
    func stops() {
        let window = Self.window([7])
        _ = window.due(at: Self.start)
        #expect(window.received([7]))
        #expect(window.isFinished)
        #expect(window.nextWake == nil)
        #expect(window.due(at: Self.start + .seconds(1)) == [])
        #expect(window.answers == ["strong 7"])
    }

    @Test("keeps at most as many unanswered as the limit, and fills up as answers come")
    func isLimited() {
        let window = Self.window(Array(0..<100), limit: 32)
        #expect(window.due(at: Self.start) == (0..<32).map { [UInt8($0)] })
        #expect(window.due(at: Self.start) == [])
        #expect(window.received([5]))
        #expect(window.received([9]))
        #expect(window.due(at: Self.start) == [[32], [33]])
    }

    @Test("gives a request up after its send limit, once the last wait is over")
    func givesUp() {
        let window = Running([Self.request(7, sendLimit: 4)], limit: 1)
        let sends = Self.sends(of: window, until: .seconds(60))
        #expect(sends.map(\.0) == [0, 250, 750, 1750])
        #expect(window.isFinished)
        #expect(window.answers == [nil])
    }

    @Test("sends the companion beside the third send and those after it")
    func sendsCompanion() {
        let window = Running([Self.request(7, companion: [1, 2])], limit: 1)
        let sends = Self.sends(of: window, until: .milliseconds(3750))
        #expect(
            sends.map(\.1) == [[7], [7], [7], [1, 2], [7], [1, 2], [7], [1, 2]])
        #expect(sends.map(\.0) == [0, 250, 750, 750, 1750, 1750, 3750, 3750])
    }

    @Test("believes a weak answer when the next send is due, not before (T-5)")
    func believesWeakAnswerLate() {
        let window = Self.window([7])
        _ = window.due(at: Self.start)
        #expect(window.received([0xEE, 7]))
        #expect(!window.isFinished)
        #expect(window.answers == [nil])
        #expect(window.due(at: Self.start + .milliseconds(250)) == [])
        #expect(window.isFinished)
        #expect(window.answers == ["weak 7"])
    }

    @Test("prefers the answer that comes after a weak one (T-5)")
    func prefersStrongAnswer() {
        let window = Self.window([7])
        _ = window.due(at: Self.start)
        #expect(window.received([0xEE, 7]))
        #expect(window.received([7]))
        #expect(window.answers == ["strong 7"])
    }

    @Test("believes a weak answer when time is over before the next send (T-5)")
    func believesWeakAnswerAtTheEnd() {
        let window = Self.window([7, 8])
        _ = window.due(at: Self.start)
        #expect(window.received([0xEE, 7]))
        window.timeIsOver()
        #expect(window.answers == ["weak 7", nil])
    }

    @Test("hands each datagram to the request it answers, in whatever order they come")
    func hands() {
        let window = Self.window([1, 2, 3])
        _ = window.due(at: Self.start)
        for byte: UInt8 in [3, 1, 2] { #expect(window.received([byte])) }
        #expect(window.answers == ["strong 1", "strong 2", "strong 3"])
        #expect(window.mismatch == nil)
    }

    @Test("tells why a datagram answered nothing (N-6)")
    func tellsMismatch() {
        let window = Self.window([1])
        _ = window.due(at: Self.start)
        #expect(!window.received([9]))
        #expect(window.mismatch == "not 1")
        #expect(window.answers == [nil])
    }

    @Test("does not blame an answer to one request for not answering another (N-5)")
    func answerIsNoMismatch() {
        let window = Self.window([1, 2])
        _ = window.due(at: Self.start)
        #expect(window.received([2]))
        #expect(window.mismatch == nil)
    }

    @Test("takes a repeated answer for what it is, neither an answer nor a wrong one (N-5)")
    func ignoresDuplicates() {
        let window = Self.window([1, 2])
        _ = window.due(at: Self.start)
        #expect(window.received([1]))
        #expect(!window.received([1]))
        #expect(window.mismatch == nil)
        #expect(window.answers == ["strong 1", nil])
    }
}
