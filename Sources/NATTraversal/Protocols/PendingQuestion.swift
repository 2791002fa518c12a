/// A question that tasks wait for, for whoever shows a person what is being waited for.
package struct PendingQuestion: Hashable, Sendable {
    /// How it is asked.
    package var technique: Technique
    /// Whom it is asked; `nil` for a search.
    package var peer: IPAddress?

    /// Is told of the questions that are asked by its task and that task's children.
    @TaskLocal package static var observer: (any QuestionObserver)?

    init(_ technique: Technique, to peer: IPAddress? = nil) {
        self.technique = technique
        self.peer = peer
    }

    /// The question is waited for until `deadline`, as far as is known now.
    func begins(until deadline: ContinuousClock.Instant) {
        Self.observer?.asks(self, until: deadline)
    }

    /// It is no longer waited for.
    func ends() { Self.observer?.ends(self) }
}

/// Follows what is being asked; its functions are called from any thread, and must not wait.
package protocol QuestionObserver: Sendable {
    /// A question is waited for until `deadline`; said again when that changes.
    func asks(_ question: PendingQuestion, until deadline: ContinuousClock.Instant)
    /// A question is no longer waited for.
    func ends(_ question: PendingQuestion)
}
