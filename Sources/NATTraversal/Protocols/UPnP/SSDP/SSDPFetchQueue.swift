/// Which description is fetched next: the default gateway's first, then those of devices that call
/// themselves gateways, then the others as they came (S-8, T-4).
///
/// Pure. A default gateway never waits for a place, and every host has one at a time (A-22, H-13), so
/// that hosts which accept connections and then say nothing keep nobody but themselves waiting. A
/// default gateway whose fetch is slow gets another: its address may be forged (T-4).
struct SSDPFetchQueue {
    private let limits: SSDPLimits
    private var waiting: [SSDPReply] = []
    private var running: Set<SSDPReply> = []
    /// Those of them that are not waited for.
    private var slow: Set<SSDPReply> = []
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
        let busy = Set(running.subtracting(slow).map(\.source.address))
        let isFree = { (reply: SSDPReply) in !busy.contains(reply.source.address) }
        if let position = waiting.firstIndex(where: { $0.isGateway && isFree($0) }) {
            return start(at: position)
        }
        guard started < limits.descriptions else {
            ignored += waiting.count { !$0.isGateway }
            waiting.removeAll { !$0.isGateway }
            return nil
        }
        guard running.count(where: { !$0.isGateway }) < limits.simultaneousFetches,
            let position = waiting.firstIndex(where: { !$0.isGateway && isFree($0) })
        else { return nil }
        started += 1
        return start(at: position)
    }

    private mutating func start(at position: Int) -> SSDPReply {
        let reply = waiting.remove(at: position)
        running.insert(reply)
        return reply
    }

    mutating func finished(_ reply: SSDPReply) {
        running.remove(reply)
        slow.remove(reply)
    }

    /// Notes that a fetch has taken long already; only a default gateway's counts.
    mutating func isSlow(_ reply: SSDPReply) {
        if reply.isGateway, running.contains(reply) { slow.insert(reply) }
    }

    /// How many descriptions were not fetched because of the limit.
    private(set) var ignored = 0
}

extension SSDPReply {
    fileprivate var rank: Int { isGateway ? 0 : message.namesGateway ? 1 : 2 }
}
