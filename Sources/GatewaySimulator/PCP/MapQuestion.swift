import NATTraversal

/// A MAP request, 60 bytes and its options (RFC 6887, section 11.1).
struct MapQuestion {
    var lifetimeSeconds: UInt32
    var nonce: [UInt8]
    var transport: TransportProtocol
    var internalPort: UInt16
    var suggestedPort: UInt16
    var suggestedAddress: IPv6Address
    var options: PCPOptions

    /// Reads a request of at least 60 bytes.
    ///
    /// - Throws: the refusal that RFC 6887, section 11.3, wants.
    init(parsing request: [UInt8]) throws(PCPResult) {
        lifetimeSeconds = number(request, 4..<8)
        nonce = Array(request[24..<36])
        internalPort = number(request, 40..<42)
        suggestedPort = number(request, 42..<44)
        suggestedAddress = IPv6Address(rawValue: number(request, 44..<60))
        options = try PCPOptions(parsing: request[60...], isDelete: lifetimeSeconds == 0)
        switch (request[36], internalPort) {
        case (0, 1...): throw .malformedRequest
        case (6, 1...): transport = .tcp
        case (17, 1...): transport = .udp
        default: throw .unsupportedProtocol
        }
        if options.prefersFailure, suggestedPort == 0 { throw .malformedOption }
    }
}
