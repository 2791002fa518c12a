/// What a wait for one technique knows of another that could take its place.
struct RequestRace: Sendable {
    /// How long a gateway is asked by one technique alone: most have answered by then, and the LAN
    /// has heard nothing else.
    static let headStart = Duration.milliseconds(50)
    /// For how long it must have said nothing before another technique maps: long enough for one
    /// lost packet to be sent again and answered.
    static let silence = Duration.milliseconds(500)
    /// How often the other technique is looked at.
    static let interval = Duration.milliseconds(20)

    /// When the request was sent for the first time, in a wait that is taken up again.
    let sentAt: ContinuousClock.Instant
    /// Whether the other technique is ready.
    let isOtherReady: @Sendable () -> Bool
    /// Whether the gateway has answered anything there, so that it is worth more time.
    let hasOtherHeard: @Sendable () -> Bool
    private var isTakenUp = false

    /// A race with another technique.
    init(
        sentAt: ContinuousClock.Instant, isOtherReady: @escaping @Sendable () -> Bool,
        hasOtherHeard: @escaping @Sendable () -> Bool
    ) {
        self.sentAt = sentAt
        self.isOtherReady = isOtherReady
        self.hasOtherHeard = hasOtherHeard
    }

    /// When the request was sent; `nil` for the questions after the first.
    mutating func takeUp() -> ContinuousClock.Instant? {
        defer { isTakenUp = true }
        return isTakenUp ? nil : sentAt
    }

    /// Whether the other technique may go on now.
    func isLost(_ now: ContinuousClock.Instant) -> Bool {
        now >= sentAt + Self.silence && isOtherReady()
    }
}
