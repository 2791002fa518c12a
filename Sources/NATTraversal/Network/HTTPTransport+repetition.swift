import Logging

extension HTTPTransport {
    /// The same as `exchange`, repeated on a fresh connection as `HTTPRepetition` says.
    ///
    /// - Parameters:
    ///   - request: what is sent first; the version of HTTP may change (H-5).
    ///   - bodyLimit: the longest body, in bytes.
    ///   - isHarmless: whether asking again does no harm although the server may have acted. What is
    ///     not harmless is repeated only when nothing was sent or the server has said so.
    ///   - patience: how long what is not harmless waits for a byte, once it is sent; `nil` for as
    ///     long as there is time.
    ///   - deadline: when to give up.
    /// - Returns: the answer, with any status.
    /// - Throws: `HTTPClientError` of the last attempt, `CancellationError`.
    func exchangeRepeatedly(
        _ request: HTTPRequest, bodyLimit: Int, isHarmless: Bool, patience: Duration? = nil,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        let start = now
        let question = PendingQuestion(.upnp, to: request.url.host)
        question.begins(until: deadline)
        defer { question.ends() }
        var repetition = HTTPRepetition(isHarmless: isHarmless, patience: patience)
        var request = request
        while true {
            let end = repetition.attemptLimit.map { min(deadline, now + $0) } ?? deadline
            log.debug("asking \(request.url) by UPnP: \(request.purpose)")
            let attempt = now
            let outcome: Result<HTTPExchange, HTTPClientError>
            do {
                var exchange = try await exchange(
                    request, bodyLimit: bodyLimit, silence: repetition.silenceLimit, until: end)
                exchange.version = request.version
                log.debug(
                    """
                    \(request.url.host) answered by UPnP after \(millisecondsText(now - attempt)): \
                    HTTP \(exchange.response.status), \(exchange.response.body.count) bytes
                    """)
                outcome = .success(exchange)
            } catch let error as HTTPClientError {
                log.debug("\(request.url.host): \(error) after \(millisecondsText(now - attempt))")
                outcome = .failure(error)
            }
            guard let failure = HTTPRepetition.Failure(outcome),
                let step = repetition.next(after: failure, elapsed: now - start),
                now + step.pause < deadline
            else { return try outcome.get() }
            log.debug("\(request.url): \(failure); asking again")
            if step.pause > .zero { try await sleep(for: step.pause) }
            if step.changesVersion { request.version = request.version.other }
        }
    }
}

extension HTTPRepetition.Failure {
    fileprivate init?(_ outcome: Result<HTTPExchange, HTTPClientError>) {
        switch outcome {
        case .success(let exchange): self.init(exchange.response)
        case .failure(let error): self.init(error)
        }
    }
}

extension HTTPRequest {
    /// The name of the action that is called, or that a document is read.
    fileprivate var purpose: String {
        guard let action = call?.soapAction.split(separator: "#").last else { return "GET" }
        return String(action.filter { $0 != "\"" })
    }
}

extension HTTPRequest.Version {
    fileprivate var other: Self { self == .http11 ? .http10 : .http11 }
}
