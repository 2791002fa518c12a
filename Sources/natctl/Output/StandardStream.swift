import Glibc
import NATTraversal
import NATTraversalSupport

/// Standard output or standard error, written to the end or to an error.
///
/// `print` drops what cannot be written, and the command would end with 0 on a full disk.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Takes the places of standard streams that are closed, so that no pipe or socket of ours gets
    /// one and is written to; writing goes on to fail.
    static func takeClosedPlaces() {
        var descriptor: Int32
        repeat {
            descriptor = unsafe open("/dev/null", O_RDONLY)
        } while (0...2).contains(descriptor)
        if descriptor > 2 { close(descriptor) }
    }

    /// What it is called.
    var name: String { "standard \(self)" }

    /// Writes a text and a line end.
    func writeLine(_ line: String) throws(SystemError) { try write(line + "\n") }

    /// Writes a text.
    func write(_ text: String) throws(SystemError) {
        WaitingLine.wipe()
        try natctl.write(text, to: rawValue)
    }

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(rawValue) == 1 }
}

/// A sentence of natctl's on standard error.
enum Statement: Hashable, Sendable {
    case remark(String)
    case warning(String)
    case failure(String)
    /// A line of the log.
    case log(String)

    /// The sentence behind its author.
    var line: StyledLine {
        let name = StyledLine("natctl: ", .secondary)
        let line =
            switch self {
            case .remark(let text): name + StyledLine(text)
            case .warning(let text):
                name + StyledLine("warning:", .warning) + StyledLine(" \(text)")
            case .failure(let text): StyledLine("natctl:", .bad) + StyledLine(" \(text)")
            case .log(let text): StyledLine("natctl: \(text)", .secondary)
            }
        return line.hanging("natctl: ".utf8.count)
    }
}

/// Says a sentence on standard error; when even that fails there is nobody to tell.
func say(_ statement: Statement) {
    let stream = StandardStream.error
    try? stream.writeLine(stream.page.text([statement.line]))
}

/// Says what went wrong on this side.
func say(_ failure: String) { say(.failure(failure)) }

/// How long a reader who does not read may keep this process waiting.
///
/// While it works for as long as he likes. Once it is to end only for some seconds, because whoever
/// has stopped it waits as well; whichever thread waits looks at the time of the signal itself.
enum ReaderTimeLimit {
    /// How long after it was told to end.
    static let atEnd = Duration.seconds(4)

    private static let end = Locked<ContinuousClock.Instant?>(nil)

    /// When it is over; `nil` while there is no limit.
    static var deadline: ContinuousClock.Instant? {
        let requested = SignalInbox.timeSinceRequest.map { ContinuousClock.now - $0 + atEnd }
        return [end.current, requested].compactMap(\.self).max()
    }

    /// Limits it to a time from now, or extends it to that.
    ///
    /// - Returns: when it is over.
    @discardableResult static func extend(by time: Duration) -> ContinuousClock.Instant {
        end.withLock { end in
            let deadline = max(end ?? .now, .now + time)
            end = deadline
            return deadline
        }
    }
}

/// Writes a text, to the end or to an error.
///
/// - Throws: `SystemError`, with `ETIMEDOUT` where nobody read within `ReaderTimeLimit`.
func write(_ text: String, to descriptor: Int32) throws(SystemError) {
    let bytes = Array(text.utf8)
    // A pipe that has room takes so many bytes without waiting. Files take all in one piece, so that
    // several writers do not cut each other's lines.
    let limit = isRegularFile(descriptor) ? bytes.count : Int(PIPE_BUF)
    var written = 0
    while written < bytes.count {
        try waitForReader(of: descriptor)
        let end = min(bytes.count, written + limit)
        let count = unsafe bytes[written..<end].withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        if count >= 0 {
            written += count
            // EAGAIN: whoever started us, or shares the stream with us, made it non-blocking.
        } else if errno != EINTR, errno != EAGAIN {
            throw SystemError("write")
        }
    }
}

private func isRegularFile(_ descriptor: Int32) -> Bool {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// Waits until a write would not have to wait, or would fail.
private func waitForReader(of descriptor: Int32) throws(SystemError) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
        let deadline = ReaderTimeLimit.deadline
        // A limit may be set while this waits.
        let wait = min(deadline.map { max($0 - .now, .zero) } ?? .seconds(1), .seconds(1))
        let count = unsafe poll(&entry, 1, Int32((wait / .milliseconds(1)).rounded(.up)))
        if count > 0 || count < 0 && errno != EINTR { return }
        if let deadline, deadline <= .now { throw SystemError("write", code: ETIMEDOUT) }
    }
}
