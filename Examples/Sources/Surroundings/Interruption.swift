import Foundation

/// SIGINT and SIGTERM, which from now on end the program no more but can be waited for.
public struct Interruption {
    private let signals: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    /// Begins to hear both.
    public init() {
        let (signals, feed) = AsyncStream.makeStream(of: Void.self)
        self.signals = signals
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { @Sendable in feed.yield() }
            source.activate()
            return source
        }
    }

    /// Returns as soon as one of them has come, also before the call.
    public func wait() async {
        for await _ in signals { break }
    }
}
