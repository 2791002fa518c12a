import Testing

@testable import NATTraversal

@Suite("Burst of news of the network") struct NewsBurstTests {
    private let start = ContinuousClock.now

    /// The times at which bursts are told when news come at these milliseconds.
    private func told(_ news: [Int]) -> [Int] {
        var burst = NewsBurst()
        var told: [Int] = []
        for time in 0...5000 {
            let now = start + .milliseconds(time)
            if news.contains(time) { burst.add(at: now) }
            if burst.isOver(at: now) { told.append(time) }
        }
        return told
    }

    @Test("nothing is told of nothing")
    func silence() {
        #expect(told([]).isEmpty)
        #expect(NewsBurst().end == nil)
    }

    @Test("it is told once, 100 ms after the last of it")
    func settles() {
        #expect(told([0]) == [100])
        #expect(told([0, 1, 2, 50, 149]) == [249])
        #expect(told([0, 101]) == [100, 201])
    }

    @Test("one that goes on is told each second")
    func goesOn() {
        #expect(told(Array(stride(from: 0, through: 2500, by: 50))) == [1000, 2050, 2600])
    }
}
