/// Where a search stands; pure.
struct UPnPSearchProgress {
    private var queue: SSDPFetchQueue
    private var linkOfReply: [SSDPReply: SSDPLink] = [:]
    private var families: [String: Set<AddressFamily>] = [:]
    private var openLinks: Int
    private var hasWorkingLink = false
    private var verdict = UPnPBrowser.Verdict.goOn
    private var ignoredReplies = 0
    var isPlanOver = false

    init(plan: SSDPSearchPlan, links: Int) {
        queue = SSDPFetchQueue(limits: plan.limits)
        openLinks = links
    }

    var ignored: Int { ignoredReplies + queue.ignored }

    var isOver: Bool {
        switch verdict {
        case .stop: true
        case .isEnough: (isPlanOver || openLinks == 0) && queue.isIdle
        case .goOn: openLinks == 0 && queue.isIdle
        }
    }

    mutating func add(_ reply: SSDPReply, on link: SSDPLink) {
        linkOfReply[reply] = link
        queue.add(reply)
    }

    mutating func startable() -> [(SSDPReply, SSDPLink)] {
        var started: [(SSDPReply, SSDPLink)] = []
        while let reply = queue.next() {
            if let link = linkOfReply.removeValue(forKey: reply) { started.append((reply, link)) }
        }
        return started
    }

    mutating func isSlow(_ reply: SSDPReply) { queue.isSlow(reply) }

    /// Notes that a description has come.
    ///
    /// - Returns: whether the device is new; it is not when the other family has brought it already.
    mutating func finished(_ reply: SSDPReply, as device: UPnPDevice) -> Bool {
        queue.finished(reply)
        guard let udn = device.udn, !udn.isEmpty else { return true }
        let family = device.location.host.family
        defer { families[udn, default: []].insert(family) }
        return families[udn, default: [family]].contains(family)
    }

    mutating func note(_ verdict: UPnPBrowser.Verdict) {
        if verdict != .goOn { self.verdict = verdict }
    }

    mutating func linkEnded(ignored: Int, _ error: SystemError?) throws {
        openLinks -= 1
        ignoredReplies += ignored
        if error == nil { hasWorkingLink = true }
        if let error, openLinks == 0, !hasWorkingLink { throw PortMapperError.system(error) }
    }
}
