import CSystemCalls
import Glibc
import NATTraversal

/// What a command waits for, on the last line of a terminal.
///
/// It comes after a while without a result, and is wiped before anything else is written.
final class WaitingLine: QuestionObserver {
    private struct Pending {
        var question: PendingQuestion
        var deadline: ContinuousClock.Instant
    }

    private struct State {
        var pending: [Pending] = []
        /// What stands on the terminal.
        var shown: String?
        var isOver = false
    }

    /// What a command needs less time for needs no sign of life.
    private static let delay = Duration.milliseconds(400)
    private static let interval = Duration.milliseconds(250)
    private static let present = Locked<WaitingLine?>(nil)

    private let state = Locked(State())

    func asks(_ question: PendingQuestion, until deadline: ContinuousClock.Instant) {
        state.withLock { state in
            state.pending.removeAll { $0.question == question }
            state.pending.append(Pending(question: question, deadline: deadline))
        }
    }

    func ends(_ question: PendingQuestion) {
        state.withLock { state in state.pending.removeAll { $0.question == question } }
    }

    /// Runs `body`, and shows what it waits for where a person looks at standard error.
    static func during<Value>(
        isWanted: Bool, _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard isWanted, StandardStream.error.isTerminal, !isPlainTerminal else {
            return try await body()
        }
        let line = WaitingLine()
        present.withLock { $0 = line }
        // On the main thread and by its clock, as Dispatch would begin threads even for a command
        // that is done at once.
        let ticker = Task.detached(executorPreference: Reactor.shared) {
            var next = ContinuousClock.now + delay
            while !Task.isCancelled {
                _ = try await Reactor.shared.wait(for: -1, events: 0, until: next)
                line.show()
                next = .now + interval
            }
        }
        defer {
            ticker.cancel()
            line.finish()
        }
        return try await PendingQuestion.$observer.withValue(line) { try await body() }
    }

    /// Wipes what is shown, so that a line can be written in its place.
    static func wipe() { present.current?.wipe() }

    private func wipe() {
        state.withLock { state in
            guard state.shown != nil else { return }
            Self.write("\r\u{1B}[K")
            state.shown = nil
            csystem_show_line(0)
        }
    }

    private func finish() {
        state.withLock { $0.isOver = true }
        wipe()
        Self.present.withLock { $0 = nil }
    }

    private func show() {
        // Of a job in the background nobody expects that it writes over what is typed.
        guard tcgetpgrp(StandardStream.error.rawValue) == getpgrp() else { return }
        let columns = StandardStream.error.page.columns ?? 80
        state.withLock { state in
            guard !state.isOver, let text = Self.text(of: state.pending, at: .now) else { return }
            let line = String(text.prefix(columns - 1))
            guard line != state.shown else { return }
            csystem_show_line(1)
            Self.write("\r\u{1B}[K\(line)")
            state.shown = line
        }
    }

    /// Not through `StandardStream`, which wipes; a terminal that is stopped loses a sign of life.
    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var entry = pollfd(fd: StandardStream.error.rawValue, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&entry, 1, 0) == 1 else { return }
        _ = unsafe Glibc.write(StandardStream.error.rawValue, bytes, bytes.count)
    }

    private static func text(of pending: [Pending], at now: ContinuousClock.Instant) -> String? {
        guard let end = pending.map(\.deadline).max() else { return nil }
        return waitingText(pending.map(\.question), rest: end - now)
    }
}

/// Whom natctl asks by which technique, and how long it still waits.
func waitingText(_ questions: [PendingQuestion], rest: Duration) -> String {
    var peers: [(peer: IPAddress, techniques: [Technique])] = []
    for question in questions {
        guard let peer = question.peer else { continue }
        if let index = peers.firstIndex(where: { $0.peer == peer }) {
            peers[index].techniques.append(question.technique)
        } else {
            peers.append((peer, [question.technique]))
        }
    }
    var texts = peers.map { peer, techniques in
        let names = Technique.allCases.filter(techniques.contains).map(\.displayName)
        return "asking \(peer) by \(names.formatted)"
    }
    if texts.count > 2 { texts = ["asking \(texts.count) hosts"] }
    if questions.contains(where: { $0.peer == nil }) { texts.append("searching for UPnP devices") }
    let seconds = Int64(max(1, (rest / .seconds(1)).rounded(.up)))
    return "\(texts.joined(separator: ", ")), \(durationText(.seconds(seconds))) left"
}

extension [String] {
    /// `PCP`, `PCP and UPnP`, `PCP, NAT-PMP and UPnP`.
    fileprivate var formatted: String {
        count < 2 ? joined() : dropLast().joined(separator: ", ") + " and " + self[count - 1]
    }
}
