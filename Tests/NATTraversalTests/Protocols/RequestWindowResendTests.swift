import Testing

@testable import NATTraversal

@Suite("Resends of several requests") struct RequestWindowResendTests {
    private let start = ContinuousClock.now

    /// Requests of one byte each, answered by the same byte.
    private func window(of bytes: [UInt8]) -> RequestWindow<UInt8> {
        RequestWindow(
            bytes.map { byte in
                .init(payload: [byte]) { $0 == [byte] ? .answer(byte) : .mismatch("another's") }
            }, limit: bytes.count)
    }

    @Test("wait while the gateway works through the others")
    func wait() {
        var window = window(of: [1, 2, 3])
        let first = window.due(at: start)
        #expect(first == [[1], [2], [3]])
        for (answer, milliseconds) in [(UInt8(1), 200), (2, 400)] {
            let now = start + .milliseconds(milliseconds)
            let early = window.due(at: now)
            #expect(early == [])
            let isAnswer = window.received([answer])
            #expect(isAnswer)
            window.gatewayAnswered(at: now)
        }
        let early = window.due(at: start + .milliseconds(649))
        #expect(early == [])
        let onTime = window.due(at: start + .milliseconds(650))
        #expect(onTime == [[3]])
    }

    @Test("begin when it is silent")
    func begin() {
        var window = window(of: [1, 2])
        _ = window.due(at: start)
        let again = window.due(at: start + .milliseconds(250))
        #expect(again == [[1], [2]])
    }
}
