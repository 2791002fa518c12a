/// Everybody who is to hear of events: the reader, the hook, and what started natctl.
struct EventAudience: Sendable {
    var format = OutputFormat.text
    var stream = StandardStream.output
    /// Whether people hear of renewals too.
    var tellsRenewals = false
    /// Whether `--quiet` shows events.
    var isWatch = false
    var hooks: HookQueue?
    var service: ServiceManager?
}
