import Glibc
import Logging

extension HTTPTransport {
    /// Does the same as `exchange`, and repeats it as HTTP/1.0 when the server seems to know only
    /// that (H-5).
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - bodyLimit: the longest body, in bytes.
    ///   - isRepeatable: whether repeating the request is harmless when the server has closed the
    ///     connection without a response, although it may have acted.
    ///   - deadline: when to give up both exchanges.
    /// - Returns: the answer, with any status.
    /// - Throws: `HTTPClientError`, `CancellationError`.
    func exchangeInAnyVersion(
        _ request: HTTPRequest, bodyLimit: Int, isRepeatable: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        do {
            let exchange = try await exchange(request, bodyLimit: bodyLimit, until: deadline)
            // With each of these the server rejected the request before acting on it.
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
