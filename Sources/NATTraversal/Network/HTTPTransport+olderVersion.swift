import Glibc
import Logging

extension HTTPTransport {
    /// The same as `exchange`, and once more as HTTP/1.0 when the server seems to know only that
    /// (H-5).
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - bodyLimit: the longest body, in bytes.
    ///   - isRepeatable: whether asking again is harmless when the server has closed the connection
    ///     without a word, though it may have acted.
    ///   - deadline: when to give up both.
    /// - Returns: the answer, with any status.
    /// - Throws: `HTTPClientError`, `CancellationError`.
    func exchangeInAnyVersion(
        _ request: HTTPRequest, bodyLimit: Int, isRepeatable: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        do {
            let exchange = try await exchange(request, bodyLimit: bodyLimit, until: deadline)
            // Each of these disliked the request before anything was done.
            guard [400, 411, 413, 415, 505].contains(exchange.response.status) else {
                return exchange
            }
            log.debug("\(request.url): HTTP status \(exchange.response.status), again as HTTP/1.0")
        } catch let error as HTTPClientError {
            guard isRepeatable, error.isClosedWithoutAWord else { throw error }
            log.debug("\(request.url): closed without an answer, again as HTTP/1.0")
        }
        var older = request
        older.version = .http10
        return try await exchange(older, bodyLimit: bodyLimit, until: deadline)
    }
}

extension HTTPClientError {
    fileprivate var isClosedWithoutAWord: Bool {
        switch self {
        case .message(.nothing): true
        case .connection(let error): error.code == ECONNRESET
        default: false
        }
    }
}
