extension Duration {
    /// How long a request to a device may take, from its start (H-13).
    @usableFromInline package static var upnpRequest: Duration { .seconds(10) }
}

extension HTTPTransport {
    /// Fetches a description or an SCPD.
    ///
    /// - Parameters:
    ///   - url: where it is.
    ///   - isFollowed: whether the same server is asked something else next.
    ///   - deadline: when to give up.
    /// - Returns: the document, and the address from which this host has asked for it.
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func document(
        at url: HTTPURL, isFollowed: Bool = false, until deadline: ContinuousClock.Instant
    ) async throws -> (body: [UInt8], localAddress: SocketAddress) {
        do {
            var request = HTTPRequest(url: url)
            request.isFollowed = isFollowed
            let exchange = try await exchangeRepeatedly(
                request, bodyLimit: XMLLimits.description.bytes, isHarmless: true,
                until: deadline)
            guard (200...299).contains(exchange.response.status) else {
                throw UPnPFailure.status(exchange.response.status)
            }
            return (exchange.response.body, exchange.localAddress)
        } catch let error as HTTPClientError {
            throw UPnPFailure.http(error)
        }
    }
}
