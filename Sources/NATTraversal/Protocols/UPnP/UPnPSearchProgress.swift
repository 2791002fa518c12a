/// Where a search stands; pure.
struct UPnPSearchProgress {
    private var queue: SSDPFetchQueue
    private var linkOfReply: [SSDPReply: SSDPLink] = [:]
    private var appearances: [String: Set<Appearance>] = [:]
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
    /// - Returns: whether the device is new; it is not when another LOCATION of the same host, or the
    ///   other family, has brought it already.
    mutating func finished(_ reply: SSDPReply, as device: UPnPDevice) -> Bool {
        queue.finished(reply)
        guard let udn = device.udn, !udn.isEmpty else { return true }
        let appearance = Appearance(device)
        let known = appearances[udn, default: []]
        appearances[udn, default: []].insert(appearance)
        guard !known.contains(appearance) else { return false }
        let families = Set(known.map(\.host.family))
        return families.isEmpty || families.contains(appearance.host.family)
    }

    /// A device where it was found; a UDN alone need not be unique (S-11), and one host may have
    /// several trees under one (D-12).
    private struct Appearance: Hashable {
        var host: IPAddress
        var services: [String]
        var mapsPorts: Bool

        init(_ device: UPnPDevice) {
            host = device.location.host
            services = device.services.map { "\($0.type) \($0.identifier ?? "")" }
            mapsPorts = !device.connectionServices.isEmpty
        }
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
