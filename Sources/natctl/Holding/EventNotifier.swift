import NATTraversal

/// Passes events to those who never keep it waiting: the hook's queue and the service manager.
struct EventNotifier {
    private let audience: EventAudience
    private var present = PresentMappings()

    init(_ audience: EventAudience) { self.audience = audience }

    /// Passes an event on.
    mutating func notify(of event: MapperEvent) {
        present.note(event.change)
        if let status = audience.isWatch ? event.change.line?.text : status(after: event.change) {
            audience.service?.tell("STATUS=\(status)")
        }
        guard event.change.isForHooks, let hooks = audience.hooks else { return }
        hooks.add(
            Hook.Call(
                event: event.change.name,
                document: { OutputFormat.json.render(EventOutput(event: event)) ?? "" },
                variables: event.change.variables(first: present.first)))
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
