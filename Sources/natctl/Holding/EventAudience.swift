/// Everybody who is to learn of events: the reader, the hook, and what started natctl.
struct EventAudience: Sendable {
    var format = OutputFormat.text
    var stream = StandardStream.output
    /// Whether renewals are printed for people too.
    var printsRenewals = false
    /// Whether `--quiet` prints events.
    var isWatch = false
    var hooks: HookQueue?
    var service: ServiceManager?
}
