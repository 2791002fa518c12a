import NATTraversal

/// Passes events to those who never keep it waiting: the hook's queue and the service manager.
struct EventNotifier {
    private let audience: EventAudience
    private var present = PresentMappings()

    init(_ audience: EventAudience) { self.audience = audience }

    /// Passes on what has come of one answer.
    mutating func notify(of round: [MapperEvent]) {
        for event in round {
            present.note(event.change)
            if let status = audience.isWatch ? event.change.line?.text : status(after: event.change)
            {
                audience.service?.tell("STATUS=\(status)")
            }
        }
        guard let hooks = audience.hooks,
            let call = Hook.Call(round.filter(\.change.isForHooks), firstMapping: present.first)
        else { return }
        hooks.add(call)
    }

    private func status(after change: MapperEvent.Change) -> String? {
        if case .renewed = change { return nil }
        return change.mapping == nil ? nil : present.status
    }
}

extension MapperEvent.Change {
    /// Whether hooks are run for it.
    fileprivate var isForHooks: Bool {
        switch self {
        case .renewed, .mappingFailed, .warning: false
        default: true
        }
    }
}
