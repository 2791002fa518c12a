/// Which description is fetched next: the default gateway's first, then those of devices that call
/// themselves gateways, then the others as they came (S-8, T-4).
///
/// Pure. A default gateway never waits for a place, and any other host has one at a time, so that
/// hosts which accept connections and then say nothing keep nobody but themselves waiting.
struct SSDPFetchQueue {
    private let limits: SSDPLimits
    private var waiting: [SSDPReply] = []
    private var running: Set<SSDPReply> = []
    private var started = 0

    init(limits: SSDPLimits) { self.limits = limits }

    /// Whether nothing waits and nothing runs.
    var isIdle: Bool { running.isEmpty && waiting.isEmpty }

    mutating func add(_ reply: SSDPReply) {
        let position = waiting.firstIndex { $0.rank > reply.rank } ?? waiting.endIndex
        waiting.insert(reply, at: position)
    }

    /// What to start now, if anything.
    mutating func next() -> SSDPReply? {
        guard let first = waiting.first else { return nil }
        if first.isGateway { return start(at: waiting.startIndex) }
        guard started < limits.descriptions else {
            ignored += waiting.count
            waiting = []
            return nil
        }
        let others = running.filter { !$0.isGateway }
        guard others.count < limits.simultaneousFetches else { return nil }
        let busy = Set(others.map(\.source.address))
        guard let position = waiting.firstIndex(where: { !busy.contains($0.source.address) }) else {
            return nil
        }
        started += 1
        return start(at: position)
    }

    private mutating func start(at position: Int) -> SSDPReply {
        let reply = waiting.remove(at: position)
        running.insert(reply)
        return reply
    }

    mutating func finished(_ reply: SSDPReply) { running.remove(reply) }

    /// How many descriptions were not fetched because of the limit.
    private(set) var ignored = 0
}

extension SSDPReply {
    fileprivate var rank: Int { isGateway ? 0 : message.namesGateway ? 1 : 2 }
}
