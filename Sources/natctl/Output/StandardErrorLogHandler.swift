import Logging

/// Makes the library's log go to standard error; without `-v` there is none.
func setUpLogging(verbosity: Int) {
    LoggingSystem.bootstrap { _ in
        guard verbosity > 0 else { return SwiftLogNoOpLogHandler() }
        return StandardErrorLogHandler(logLevel: verbosity > 1 ? .trace : .debug)
    }
}

/// A line for each message, as the rest of natctl's lines.
private struct StandardErrorLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // What devices have said is in some of them.
        say(harmless(event.message.description))
    }
}
