/// Every local and public port by which a service can be reached, as a sequence of whole sets: the
/// first one at once, another one after each change, and the empty set at the end.
///
/// Any server whose port is bound can be made public with it:
///
/// ```swift
/// let listener = MappingListener(.tcp, address: .v4(.unspecified), port: port)
/// for await assignments in listener { print(assignments) }
/// ```
///
/// The port is mapped in the background for as long as the listener lives or until `stop`.
public struct MappingListener: AsyncSequence, Sendable {
    /// A whole set of assignments.
    public typealias Element = Set<PortAssignment>

    /// What holds the port's mapping.
    public let held: MappingHold

    /// Makes the port of a service public.
    ///
    /// - Parameters:
    ///   - transport: of the port.
    ///   - address: the local address the service is bound to; a wildcard means every interface,
    ///     and a single address of IPv6 is told but not mapped.
    ///   - port: the port the service is bound to.
    ///   - externalPort: the external port to suggest; `nil` is the same.
    ///   - lifetime: of the mapping, which is renewed in time.
    ///   - mapper: asks the gateway.
    public init(
        _ transport: TransportProtocol, address: IPAddress, port: PortNumber,
        externalPort: PortNumber? = nil, lifetime: Duration = .seconds(7200),
        mapper: PortMapper = PortMapper()
    ) {
        var request = MappingRequest(
            transport, internalPort: port, externalPort: externalPort, lifetime: lifetime)
        var options = HoldOptions()
        switch address {
        case .v4(let own) where !address.isUnspecified:
            request.internalAddress = .v4(own)
            options.localAddresses = .only(address)
        case _ where !address.isUnspecified: options.localAddresses = .only(address)
        case .v4: options.localAddresses = .everyInterface(.ipv4)
        case .v6: options.localAddresses = .everyInterface(nil)
        }
        // Mappings are of IPv4, and would lead to another service than one at an address of IPv6.
        let isMapped = address.family == .ipv4 || address.isUnspecified
        held = mapper.holdWhenPossible([request], options: options, isMapped: isMapped)
    }

    /// Deletes the mapping and ends the sequence; awaited, at most five seconds.
    public func stop() async { await held.stop() }

    /// Walks the sets, from the present one on; each walk hears all changes.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(held: held) }

    /// A walk over the sets.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let held: MappingHold
        private var events: AsyncStream<MapperEvent>.Iterator?
        private var last: Set<PortAssignment>?

        init(held: MappingHold) { self.held = held }

        /// The next set; `nil` after the empty one at the end, or when the task is cancelled.
        public mutating func next() async -> Set<PortAssignment>? {
            if events == nil {
                let (events, assignments) = await held.eventsAndAssignments()
                self.events = events.makeAsyncIterator()
                last = Set(assignments)
                return last
            }
            while let event = await events?.next(isolation: #isolation) {
                let assignments = Set(event.assignments)
                guard assignments != last else { continue }
                last = assignments
                return assignments
            }
            guard last?.isEmpty == false else { return nil }
            last = []
            return last
        }
    }
}
