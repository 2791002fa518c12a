import Glibc

/// When an exchange that failed is repeated, and how long each attempt waits: one that fails is one
/// lost packet, not an answer.
///
/// Pure: it is told how each attempt ended and how much time has passed. The deadline of the whole
/// is the caller's.
struct HTTPRepetition: Hashable, Sendable {
    /// How an attempt failed.
    enum Failure: Hashable, Sendable {
        /// The connection did not open, so nothing was sent.
        case unopened
        /// The port is closed.
        case refused
        /// The connection opened and was reset before anything was sent.
        case reset
        /// The server disliked the request before it did anything, or knows only the older version
        /// (H-5).
        case disliked
        /// The server is busy, for this many seconds if it says so.
        case busy(seconds: UInt8?)
        /// The connection was closed or reset without an answer; some servers that know only the
        /// older version do that (H-5).
        case closed
        /// The answer ends too early.
        case cut
        /// Nothing came, or nothing more.
        case silent
    }

    /// What precedes the next attempt.
    struct Step: Hashable, Sendable {
        var pause: Duration
        /// Whether the next attempt speaks the other version of HTTP.
        var changesVersion = false
    }

    /// Whether the request may be sent again although the server may have carried it out.
    let isHarmless: Bool
    /// How long a change waits for a byte; `nil` for as long as there is time.
    private let patience: Duration?
    private var silences = 0
    private var breaks = 0
    private var busyAnswers = 0
    private var hasBeenRefused = false
    private var hasBeenDisliked = false

    /// The first silence that ends an attempt at a question; each later one is twice as long.
    private static let firstSilence = Duration.seconds(3)
    /// What one attempt may take in all (H-13).
    private static let longestAttempt = Duration.seconds(10)
    /// How often a broken exchange, and a busy server, is asked again.
    private static let repeatLimit = 2
    private static let shortPause = Duration.milliseconds(250)

    /// - Parameters:
    ///   - isHarmless: whether the request may be sent again although the server may have carried it
    ///     out.
    ///   - patience: how long another request waits for a byte, once it is sent; `nil` for as long as
    ///     there is time.
    init(isHarmless: Bool, patience: Duration? = nil) {
        self.isHarmless = isHarmless
        self.patience = patience
    }

    /// How long the next attempt waits for a byte; `nil` for as long as there is time.
    ///
    /// A request that changes something waits: to ask whether it was carried out is the caller's.
    var silenceLimit: Duration? {
        guard isHarmless else { return patience }
        return min(Self.firstSilence * (1 << min(silences, 8)), Self.longestAttempt)
    }

    /// How long the next attempt may take in all, however the bytes drip (T-3); `nil` for as long as
    /// there is time.
    var attemptLimit: Duration? { isHarmless ? Self.longestAttempt : nil }

    /// Decides what follows an attempt.
    ///
    /// - Parameters:
    ///   - failure: how it ended.
    ///   - elapsed: the time since the first attempt began.
    /// - Returns: `nil` when the failure is the answer.
    mutating func next(after failure: Failure, elapsed: Duration) -> Step? {
        switch failure {
        case .unopened:
            return Step(pause: Self.shortPause)
        case .refused:
            // A closed port says at once that the service has moved (S-18); a router that restarts
            // refuses too, and is asked once more.
            guard !hasBeenRefused, elapsed < .seconds(1) else { return nil }
            hasBeenRefused = true
            return Step(pause: Self.shortPause)
        case .disliked:
            guard !hasBeenDisliked else { return nil }
            hasBeenDisliked = true
            return Step(pause: .zero, changesVersion: true)
        case .busy(let seconds):
            guard busyAnswers < Self.repeatLimit else { return nil }
            busyAnswers += 1
            return Step(pause: .seconds(min(max(seconds ?? 1, 1), 5)))
        case .closed, .cut, .reset:
            guard isHarmless || failure == .reset, breaks < Self.repeatLimit else { return nil }
            defer { breaks += 1 }
            return Step(pause: Self.shortPause * breaks, changesVersion: failure == .closed)
        case .silent:
            guard isHarmless else { return nil }
            silences += 1
            return Step(pause: .zero)
        }
    }
}

extension HTTPRepetition.Failure {
    /// What an exchange without an answer means; `nil` when asking again would not change it.
    init?(_ error: HTTPClientError) {
        switch error {
        case .unopened:
            self = .unopened
        case .timeout:
            self = .silent
        case .connection(let error) where error.call == "receive":
            self = .closed
        case .connection(let error) where error.code == ECONNREFUSED:
            self = .refused
        case .connection(let error) where error.code == ECONNRESET:
            self = .reset
        // The kernel has resolved no hardware address, or lost every SYN.
        case .connection(let error) where [EHOSTUNREACH, ETIMEDOUT].contains(error.code):
            self = .unopened
        case .message(.nothing):
            self = .closed
        case .message(.headCutShort):
            self = .cut
        case .connection, .message, .wrongPeer:
            return nil
        }
    }

    /// What an answer means that is none yet; `nil` for one to be taken as it is.
    init?(_ response: HTTPResponse) {
        switch response.status {
        case 400, 411, 413, 415, 505:
            self = .disliked
        case 503:
            self = .busy(seconds: response.fields["Retry-After"].flatMap { UInt8($0) })
        case 200...299, 500:
            guard response.isCut else { return nil }
            self = .cut
        default:
            return nil
        }
    }
}

extension HTTPResponse {
    /// Whether the body ends before its document does, as far as the framing leaves that open.
    fileprivate var isCut: Bool {
        guard !isComplete || framing == .untilClose, !body.isEmpty else { return false }
        return !XMLOutline.isWhole(body)
    }
}
