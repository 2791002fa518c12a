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

    /// What holds the port's mapping; for a service at an address of IPv6 alone, its open port.
    public let held: MappingHold
    /// What holds the open port of IPv6 of a service that is bound to every address of both
    /// families, where the mapper's gateways can open it.
    public let heldPinhole: MappingHold?

    /// Makes the port of a service public.
    ///
    /// - Parameters:
    ///   - transport: of the port.
    ///   - address: the local address the service is bound to; a wildcard means every interface,
    ///     `::` both families. One of IPv6 that nobody outside can reach is told but not opened.
    ///   - port: the port the service is bound to.
    ///   - externalPort: the external port to suggest; `nil` is the same. Of IPv6 it is the same.
    ///   - lifetime: of the mapping, which is renewed in time.
    ///   - mapper: asks the gateway.
    public init(
        _ transport: TransportProtocol, address: IPAddress, port: PortNumber,
        externalPort: PortNumber? = nil, lifetime: Duration = .seconds(7200),
        mapper: PortMapper = PortMapper()
    ) {
        var request = MappingRequest(
            transport, internalPort: port, externalPort: externalPort, lifetime: lifetime)
        var pinhole = MappingRequest(
            transport, internalPort: port, family: .ipv6, lifetime: lifetime)
        var options = HoldOptions()
        guard address.isUnspecified else {
            options.localAddresses = .only(address)
            request.internalAddress = address
            pinhole.internalAddress = address
            held =
                address.family == .ipv4
                ? mapper.holdWhenPossible([request], options: options)
                : mapper.holdWhenPossible(
                    [pinhole], options: options,
                    isMapped: PinholeAddress.isGlobal(address) && mapper.opensIPv6)
            heldPinhole = nil
            return
        }
        options.localAddresses = .everyInterface(address.family == .ipv4 ? .ipv4 : nil)
        held = mapper.holdWhenPossible([request], options: options)
        heldPinhole =
            address.family == .ipv6 && mapper.opensIPv6
            ? mapper.holdWhenPossible([pinhole], options: options) : nil
    }

    private var holds: [MappingHold] { [held, heldPinhole].compactMap(\.self) }

    /// Deletes the mapping and ends the sequence; awaited, at most five seconds.
    public func stop() async { for ending in beginStop() { _ = await ending.value } }

    /// Begins what `stop` does, for those who cannot wait; `stop` still can.
    @discardableResult
    package func beginStop() -> [Task<MappingReport, Never>] { holds.map { $0.beginStop() } }

    /// Walks the sets, from the present one on; each walk hears all changes.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(holds) }

    /// A walk over the sets.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let holds: [MappingHold]
        private var news: AsyncStream<News>.Iterator?
        /// Those of each hold.
        private var assignments: [Set<PortAssignment>] = []
        private var last: Set<PortAssignment>?

        /// The assignments of one of the holds, by its place.
        private typealias News = (place: Int, assignments: Set<PortAssignment>)

        init(_ holds: [MappingHold]) { self.holds = holds }

        /// The next set; `nil` after the empty one at the end, or when the task is cancelled.
        public mutating func next() async -> Set<PortAssignment>? {
            if news == nil {
                await listen()
                last = present
                return last
            }
            while let new = await news?.next(isolation: #isolation) {
                assignments[new.place] = new.assignments
                guard present != last else { continue }
                last = present
                return last
            }
            guard last?.isEmpty == false else { return nil }
            last = []
            return last
        }

        private var present: Set<PortAssignment> {
            assignments.reduce(into: []) { $0.formUnion($1) }
        }

        private mutating func listen() async {
            let (news, continuation) = AsyncStream<News>.makeStream()
            self.news = news.makeAsyncIterator()
            var streams: [AsyncStream<MapperEvent>] = []
            for hold in holds {
                let (events, present) = await hold.eventsAndAssignments()
                streams.append(events)
                assignments.append(Set(present))
            }
            let forwarding = Task { [streams] in
                await withDiscardingTaskGroup { group in
                    for (place, events) in streams.enumerated() {
                        group.addTask {
                            for await event in events {
                                continuation.yield((place, Set(event.assignments)))
                            }
                            continuation.yield((place, []))
                        }
                    }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in forwarding.cancel() }
        }
    }
}
