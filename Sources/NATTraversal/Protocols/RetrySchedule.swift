/// When an unanswered request is sent again (RFC 6886, section 3.1).
///
/// The RFC doubles 250 ms up to 64 s. Here the gap stops at 2 s, for PCP too: seven sends in 30 s
/// would miss one run in a hundred where a third of the packets is lost each way.
enum RetrySchedule {
    private static let first = Duration.milliseconds(250)
    /// The longest gap, and the wait after the last send.
    static let longest = Duration.seconds(2)

    /// How long to wait for an answer after the `count`th send, counted from 1.
    static func wait(afterSend count: Int) -> Duration {
        var wait = first
        for _ in 1..<max(count, 1) {
            wait *= 2
            if wait >= longest { return longest }
        }
        return wait
    }
}
