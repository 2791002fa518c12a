import Foundation
import GatewaySimulator
import TestSupport
import Testing

@testable import NATTraversal

@Suite("Weeks of holding, in virtual time", .timeLimit(.minutes(60))) struct SoakTests {
    /// How many mappings, of which lifetime, for how long.
    struct Size: Sendable, CustomTestStringConvertible {
        var lifetime: Int64
        var count: Int
        var total: Duration

        var testDescription: String { "\(count) mappings of \(lifetime) s for \(total)" }
    }

    /// Each takes about as long: from hours of the shortest lifetime to weeks of the longest.
    static let sizes = [(120, 4), (600, 4), (3600, 6), (7200, 8), (86400, 10)].map {
        Size(lifetime: $0, count: $1, total: .seconds($0 * 60 / Int64($1)))
    }

    @Test(
        "never maps a port twice, loses no lease, says every change and keeps its pace",
        arguments: 0..<50)
    func seeds(seed: UInt64) async throws {
        let size = Self.sizes[Int(seed) % Self.sizes.count]
        var soak = try await Soak(seed: seed, size)
        let complaints = try await soak.run()
        #expect(complaints.isEmpty, "\(size)")
        #expect(soak.checks > 0)
        if Self.isTalkative { print("seed \(seed): \(soak.summary)") }
    }

    private static let isTalkative = ProcessInfo.processInfo.environment["NATCTL_SOAK"] != nil

    /// `make soak SEEDS=…` names them.
    private static let bigSeeds =
        (ProcessInfo.processInfo.environment["NATCTL_SOAK_SEEDS"] ?? "")
        .split(separator: ",").compactMap { UInt64($0) }

    @Test(
        "the same of a thousand mappings for three weeks, in memory that stays flat",
        // One at a time: the memory of the process is measured.
        .serialized, .enabled(if: !bigSeeds.isEmpty, "make soak"), arguments: bigSeeds)
    func thousand(seed: UInt64) async throws {
        // A quarter of a day: two hours would take four times as long.
        let lifetime: Int64 = seed.isMultiple(of: 2) ? 86400 : 21600
        let size = Size(lifetime: lifetime, count: 1000, total: .seconds(21 * 86400))
        var soak = try await Soak(seed: seed, size)
        let complaints = try await soak.run()
        #expect(complaints.isEmpty)
        let (first, last) = try (
            #require(soak.memory.first), #require(soak.memory.last)
        )
        #expect(last < first + first / 4 + 16 << 20, "\(soak.memory)")
        print("seed \(seed): \(soak.summary)")
    }
}

/// One run: what befalls a router and a host, drawn from a seed, and what must hold all the time.
private struct Soak {
    private let size: SoakTests.Size
    private let network: SoakNetwork
    private let holder: SoakHolder
    private let folder: TemporaryFolder
    /// Another process with the same lease file.
    private let other: LeaseStore
    private var random: SeededGenerator
    /// When the present mood ends, and from when on nothing odd has happened.
    private var moodEnd = Duration.zero
    private var calmSince = Duration.zero
    private var nextEvent: Duration
    private var nextLie: Duration?
    private var hour = (begin: Duration.zero, requests: 0)
    private var events = 0
    private var complaints: [String] = []
    /// How often all of the router's table was held against what was told.
    private(set) var checks = 0
    private var mostPerHour = 0
    private var checkedActions = 0
    /// Resident bytes, each day.
    private(set) var memory: [Int] = []

    init(seed: UInt64, _ size: SoakTests.Size) async throws {
        self.size = size
        random = SeededGenerator(seed: seed)
        folder = try TemporaryFolder(inMemory: true)
        network = SoakNetwork(SoakRouter(seed: seed &+ 1))
        let requests = try (0..<size.count).map {
            MappingRequest(
                .tcp, internalPort: try TestPort.number(UInt16(20000 + $0)),
                lifetime: .seconds(size.lifetime))
        }
        holder = try await SoakHolder(
            requests, on: network, folder: folder.path, seed: seed &+ 2)
        other = LeaseStore(LeaseFile(folder: folder.path))
        nextEvent = .seconds(size.lifetime)
        let techniques = Self.firmwares.randomElement(using: &random) ?? []
        network.withRouter { router, time in
            router.restart(at: time, keepsEpoch: true, techniques: techniques)
        }
    }

    /// How long it may take until all is as it should be: a lifetime, and what a refusal has said.
    private var settlingTime: Duration { .seconds(size.lifetime + 2400) }

    var summary: String {
        let grants = Technique.allCases.map { "\(holder.grants[$0] ?? 0) by \($0)" }
        return "\(size), \(events) events, \(holder.actions) actions, \(checks) checks, "
            + "grants \(grants.joined(separator: ", ")), "
            + "\(holder.losses) losses, at most \(mostPerHour) requests in an hour, "
            + "memory \(memory.map { $0 >> 20 }) MiB"
    }

    mutating func run() async throws -> [String] {
        while network.elapsed < size.total, complaints.isEmpty {
            try await step()
        }
        // The end comes in peace.
        network.withRouter { router, _ in router.mood = SoakRouter.Mood() }
        (nextEvent, calmSince) = (.seconds(Int64.max / 4), network.elapsed)
        let end = network.elapsed + settlingTime + .seconds(60)
        while network.elapsed < end, complaints.isEmpty { try await step() }
        checkEverything()
        let first = holder.ports[0].held?.lease
        if let first, random.next().isMultiple(of: 2) {
            // What another process holds too stays.
            other.hold([first])
            try await other.registerHolds()
        }
        try await holder.release()
        let left = network.withRouter { router, time in router.rows(at: time) }
        let shared = other.live(at: .now).map(\.key.internalPort.rawValue)
        if Set(left.map(\.internalPort)) != Set(shared) {
            complain("\(left.count) rows are left, and leases of \(shared)")
        }
        return complaints + holder.complaints
    }

    private mutating func step() async throws {
        let now = network.elapsed
        if now >= nextEvent { try await befall() }
        if now >= moodEnd, moodEnd > .zero {
            network.withRouter { router, _ in router.mood = SoakRouter.Mood() }
            (moodEnd, nextLie) = (.zero, nil)
        }
        if let lie = nextLie, now >= lie {
            holder.hint()
            nextLie = now + .seconds(7)
        }
        let next = [nextEvent, moodEnd > .zero ? moodEnd : nil, nextLie].compactMap(\.self)
            .reduce(nextEvent, min)
        try await holder.work(until: next)
        check()
        let wake = network.elapsed + network.now.duration(to: holder.plan.wake)
        network.pass(until: max(min(next, wake), network.elapsed))
    }

    // MARK: What happens

    private mutating func befall() async throws {
        events += 1
        let port = UInt16(20000 + Int.random(in: 0..<size.count, using: &random))
        var duration = Duration.zero
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            let techniques = Self.firmwares.randomElement(using: &random) ?? []
            let keepsEpoch = Int.random(in: 0..<4, using: &random) == 0
            network.withRouter { router, time in
                router.taken = []
                router.restart(at: time, keepsEpoch: keepsEpoch, techniques: techniques)
            }
            if Bool.random(using: &random) { holder.hint() }
        case 2:
            network.withRouter { router, _ in router.changeAddress() }
            if Bool.random(using: &random) { holder.hint() }
        case 3:
            duration = mood(.seconds(3600)) { $0.lost = 100 * Int.random(in: 1...5, using: &$1) }
        case 4: duration = mood(.seconds(3 * 3600)) { mood, _ in mood.isSilent = true }
        case 5: duration = mood(.seconds(600)) { mood, _ in mood.isClosed = true }
        case 6:
            duration = mood(.seconds(2 * 3600)) {
                $0.refusal = [2, 8].randomElement(using: &$1)
                $0.refusesRenewalsOnly = Bool.random(using: &$1)
            }
        case 7:
            duration = mood(.seconds(1800)) { mood, _ in mood.lies = true }
            nextLie = network.elapsed
        case 8:
            // This host sleeps.
            let nap = Double.random(in: 60...43_200, using: &random)
            network.pass(until: network.elapsed + .seconds(nap))
        case 9:
            network.withRouter { router, _ in
                router.evict(port)
                router.taken.insert(port)
            }
        case 10:
            let leases = other.live(at: .now).filter { $0.key.internalPort.rawValue == port }
            network.withRouter { router, _ in router.evict(port) }
            try await other.remove(Set(leases.map(\.key)))
            holder.noticeRemovals()
        default:
            duration = mood(.seconds(3600)) {
                $0.longestLifetime = UInt32.random(in: 60...600, using: &$1)
                $0.delay = .milliseconds(Int.random(in: 1...2500, using: &$1))
            }
            holder.refresh()
        }
        calmSince = network.elapsed + duration
        nextEvent = calmSince + settlingTime * Double.random(in: 0.1...1.5, using: &random)
    }

    /// What the router may speak from a start on.
    private static let firmwares: [Set<Technique>] = [
        [.pcp, .natPMP], [.pcp, .natPMP, .upnp], [.natPMP], [.natPMP, .upnp], [.upnp], [.upnp],
    ]

    /// Changes the router's mood for some time, which is returned.
    private mutating func mood(
        _ longest: Duration, _ change: (inout SoakRouter.Mood, inout SeededGenerator) -> Void
    ) -> Duration {
        var mood = SoakRouter.Mood()
        change(&mood, &random)
        network.withRouter { router, _ in router.mood = mood }
        let duration = longest * Double.random(in: 0.01...1, using: &random)
        moodEnd = network.elapsed + duration
        return duration
    }

    // MARK: What must hold

    private mutating func check() {
        checkPace()
        if network.elapsed >= calmSince + settlingTime, nextEvent > network.elapsed {
            checkEverything()
            // Once for each calm.
            calmSince = .seconds(Int64.max / 4)
        }
        // All of it each time would take longer than what is looked at.
        guard holder.actions > checkedActions + size.count / 10 else { return }
        checkedActions = holder.actions
        checkTable()
    }

    /// At most one row for each port, and a lease for each row.
    private mutating func checkTable() {
        let rows = network.withRouter { router, time in router.rows(at: time) }
        var ports: Set<UInt16> = []
        for row in rows where !ports.insert(row.internalPort).inserted {
            let twice = rows.filter { $0.internalPort == row.internalPort }
            complain("\(row.internalPort) is mapped twice: \(twice)")
        }
        let leases = Set(
            (other.live(at: .now) + other.expired(at: .now)).map(\.key.internalPort.rawValue))
        if !ports.isSubset(of: leases) {
            complain("no lease of \(ports.subtracting(leases).sorted())")
        }
    }

    /// After some quiet time every port is mapped, as it was told.
    private mutating func checkEverything() {
        checks += 1
        checkTable()
        let (rows, address) = network.withRouter { router, time in
            (router.rows(at: time), router.address)
        }
        let external = IPAddress.v4(IPv4Address(rawValue: 0x0B16_2100 + UInt32(address)))
        for index in 0..<size.count {
            let port = holder.ports[index].request.internalPort
            let row = rows.first { $0.internalPort == port.rawValue }
            guard let row, let told = holder.told[port] else {
                let failure = holder.failures[port] ?? "no failure"
                complain("\(port) is not mapped, or not told; \(failure)")
                continue
            }
            if told.externalPort.rawValue != row.externalPort
                || told.technique != row.technique || told.externalAddress != external
            {
                complain("\(port) is told as \(told), and is \(row)")
            }
        }
    }

    /// No more requests in an hour than the schedules have.
    private mutating func checkPace() {
        guard network.elapsed >= hour.begin + .seconds(3600) else { return }
        let requests = network.withRouter { router, _ in router.requests }
        let hours = (network.elapsed - hour.begin) / .seconds(3600)
        let pace = Int(Double(requests - hour.requests) / max(hours, 1))
        mostPerHour = max(mostPerHour, pace)
        let limit = size.count * (12 * 3600 / Int(size.lifetime) + 200) + 300
        if pace > limit { complain("\(pace) requests in an hour") }
        hour = (network.elapsed, requests)
        if Int(network.elapsed / .seconds(86400)) >= memory.count {
            memory.append(Self.residentBytes)
        }
    }

    private mutating func complain(_ words: String) {
        if complaints.count < 5 { complaints.append("at \(network.elapsed): \(words)") }
    }

    private static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
            ?? 0
    }
}
