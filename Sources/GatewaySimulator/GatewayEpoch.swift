/// The age of a gateway's mapping table, as it claims it.
struct GatewayEpoch: Sendable {
    private var start: ContinuousClock.Instant
    private var secondsAtStart: Double
    private var rate: Double

    /// An age of `secondsAtStart` that grows `rate` times as fast as it should.
    init(secondsAtStart: UInt32 = 0, rate: Double, at start: ContinuousClock.Instant) {
        self.start = start
        self.secondsAtStart = Double(secondsAtStart)
        self.rate = rate
    }

    /// The seconds claimed at `now`, between 0 and 2^32 - 1.
    func seconds(at now: ContinuousClock.Instant) -> UInt32 {
        UInt32(max(0, min(exactSeconds(at: now), Double(UInt32.max))))
    }

    /// Runs `rate` times as fast from `now` on.
    mutating func run(at rate: Double, from now: ContinuousClock.Instant) {
        secondsAtStart = exactSeconds(at: now)
        start = now
        self.rate = rate
    }

    private func exactSeconds(at now: ContinuousClock.Instant) -> Double {
        secondsAtStart + start.duration(to: now) / .seconds(1) * rate
    }
}
