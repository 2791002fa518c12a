/// All leases, with the unknown records and members of the file.
///
/// A lease that has expired by the clock is set aside for a day, because the clock may be wrong. It
/// no longer counts as a lease, but a process that maps or unmaps its port again can still use its
/// nonce and its external port.
struct LeaseTable: Hashable, Sendable {
    private var current = LeaseList()
    private var expired = LeaseList()
    /// Records and members that a later natctl wrote; they are written back as they are.
    private var unknownRecords: [JSONValue] = []
    private var unknownMembers: [String: JSONValue] = [:]

    /// How long an expired lease is kept: a wrong clock is noticed within a day.
    static let grace: UInt32 = 86400

    init() {}

    /// Reads the file's bytes.
    ///
    /// - Throws: `LeaseFileProblem.damaged` for bytes that are not such a document, `.laterVersion`
    ///   for a document that this natctl would damage.
    init(parsing bytes: [UInt8]) throws(LeaseFileProblem) {
        guard let document = try? JSONValue(parsing: bytes), var members = document.object else {
            throw .damaged
        }
        if let version = members.removeValue(forKey: "version"), version.isNumber(above: 1) {
            throw .laterVersion
        }
        guard let records = members.removeValue(forKey: "leases")?.array else { throw .damaged }
        unknownMembers = members
        for record in records {
            guard let lease = Lease(record) else {
                unknownRecords.append(record)
                continue
            }
            if lease.expiredSince == nil {
                current[lease.key] = lease
            } else {
                expired[lease.key] = lease
            }
        }
    }

    /// Encodes the file's bytes; the text of a record is kept until its lease changes.
    mutating func encode() -> [UInt8] {
        // A natctl that does not know expired leases takes the last record of a key.
        let records = expired.records() + current.records() + unknownRecords.map(\.text)
        // Not as one document, which would be sorted whole: a thousand leases take a third of the
        // time so.
        var members = unknownMembers.mapValues(\.text)
        members["version"] = "1"
        members["leases"] = "[" + records.joined(separator: ",") + "]"
        let texts = members.sorted { $0.key < $1.key }.map {
            JSONValue.string($0.key).text + ":" + $0.value
        }
        return Array(("{" + texts.joined(separator: ",") + "}\n").utf8)
    }

    /// The leases in the order they were made, without expired ones.
    var leases: [Lease] { current.leases }

    /// The lease of a key; setting it adds, replaces or removes.
    ///
    /// A new lease keeps the holders of the one it replaces, which the writer does not know. A new
    /// grant or a refusal removes the expired lease of the port.
    subscript(key: Lease.Key) -> Lease? {
        get { current[key] }
        set {
            guard var lease = newValue else {
                current[key] = nil
                expired[key] = nil
                return
            }
            lease.holders = (current[key] ?? expired[key])?.holders ?? lease.holders
            lease.expiredSince = nil
            current[key] = lease
            if lease.state == .granted { expired[key] = nil }
        }
    }

    /// Replaces a lease, expired or not, whose mapping is gone; its holders stay.
    mutating func replace(with lease: Lease) {
        var lease = lease
        lease.holders = (current[lease.key] ?? expired[lease.key])?.holders ?? []
        remove([lease.key])
        self[lease.key] = lease
    }

    /// Drops several at once, expired or not.
    mutating func remove(_ keys: Set<Lease.Key>) {
        current.remove(keys)
        expired.remove(keys)
    }
}

// Leases that have expired.
extension LeaseTable {
    /// The leases that have not expired by this clock.
    func live(at now: Timestamp) -> [Lease] {
        current.leases.filter { $0.isLive(at: now) }
            + expired.leases.filter { returns($0, at: now) }
    }

    /// The leases that have expired by this clock, whose mappings may still exist.
    func expired(at now: Timestamp) -> [Lease] {
        expired.leases.filter { !returns($0, at: now) }
            + current.leases.filter { !$0.isLive(at: now) }
    }

    /// The expired lease of a key, until its port is granted again or refused.
    func expired(_ key: Lease.Key) -> Lease? { expired[key] }

    /// Sets expired leases aside, restores those that have not expired by a corrected clock, and
    /// drops those that were set aside a day ago; gateways are not asked.
    mutating func setAsideExpired(at now: Timestamp) {
        let ended = current.leases.filter { !$0.isLive(at: now) }
        if !ended.isEmpty { current.remove(Set(ended.map(\.key))) }
        for var lease in ended {
            // A granted lease is worth more than a later one that was only asked for.
            guard lease.state == .granted || expired[lease.key]?.state != .granted else { continue }
            lease.expiredSince = now
            expired[lease.key] = lease
        }
        // After the above, because an ended question must not keep a live lease from returning.
        var dropped: Set<Lease.Key> = []
        for var lease in expired.leases {
            // If the instant is in the future, the clock has been set back since.
            let since = min(lease.expiredSince ?? now, now)
            if returns(lease, at: now) {
                dropped.insert(lease.key)
                lease.expiredSince = nil
                current[lease.key] = lease
            } else if now >= since.advanced(bySeconds: Self.grace) {
                dropped.insert(lease.key)
            } else if lease.expiredSince != since {
                lease.expiredSince = since
                expired[lease.key] = lease
            }
        }
        if !dropped.isEmpty { expired.remove(dropped) }
    }

    /// Whether a lease that was set aside has not expired after all.
    private func returns(_ lease: Lease, at now: Timestamp) -> Bool {
        lease.isLive(at: now) && current[lease.key] == nil
    }
}

// The processes that hold leases.
extension LeaseTable {
    /// Whether `holder` is one of the holders of a lease, expired or not.
    func names(_ holder: LeaseHolder, for key: Lease.Key) -> Bool {
        (current[key] ?? expired[key])?.holders.contains(holder) == true
    }

    /// Adds `holder` to the holders of a lease, if there is one.
    mutating func add(_ holder: LeaseHolder, to key: Lease.Key) {
        guard var lease = current[key], !lease.holders.contains(holder) else { return }
        lease.holders.append(holder)
        current[key] = lease
    }

    /// Removes `holder` from leases.
    ///
    /// - Returns: the keys that have no other holder, whether the table has them or not.
    mutating func remove(_ holder: LeaseHolder, from keys: Set<Lease.Key>) -> Set<Lease.Key> {
        changeHolders { lease in
            keys.contains(lease.key) ? lease.holders.filter { $0 != holder } : lease.holders
        }
        return keys.filter { (current[$0] ?? expired[$0])?.holders.isEmpty ?? true }
    }

    /// Removes the holders whose process no longer runs.
    ///
    /// - Parameter isAlive: asked once for each holder.
    mutating func removeDeadHolders(_ isAlive: (LeaseHolder) -> Bool) {
        let holders = Set((current.leases + expired.leases).flatMap(\.holders))
        let dead = holders.filter { !isAlive($0) }
        guard !dead.isEmpty else { return }
        changeHolders { lease in lease.holders.filter { !dead.contains($0) } }
    }

    private mutating func changeHolders(_ holders: (Lease) -> [LeaseHolder]) {
        for var lease in current.leases where !lease.holders.isEmpty {
            lease.holders = holders(lease)
            current[lease.key] = lease
        }
        for var lease in expired.leases where !lease.holders.isEmpty {
            lease.holders = holders(lease)
            expired[lease.key] = lease
        }
    }
}

/// Leases in the order they were added, each found by its key.
private struct LeaseList {
    private struct Place {
        var lease: Lease
        /// The lease's record in the file, once it has been written.
        var record: String?
    }

    /// The place of a removed lease stays empty until most of them are, so that thousands of leases
    /// are removed one by one in no time.
    private var places: [Place?] = []
    private var positions: [Lease.Key: Int] = [:]

    var leases: [Lease] { places.compactMap { $0?.lease } }

    subscript(key: Lease.Key) -> Lease? {
        get { positions[key].flatMap { places[$0]?.lease } }
        set {
            guard let newValue else { return remove(key) }
            guard let position = positions[key] else {
                positions[key] = places.count
                places.append(Place(lease: newValue))
                return
            }
            if places[position]?.lease != newValue { places[position] = Place(lease: newValue) }
        }
    }

    mutating func remove(_ keys: Set<Lease.Key>) {
        for key in keys { remove(key) }
    }

    private mutating func remove(_ key: Lease.Key) {
        guard let position = positions.removeValue(forKey: key) else { return }
        places[position] = nil
        guard places.count > 2 * positions.count else { return }
        places.removeAll { $0 == nil }
        for (position, place) in places.enumerated() {
            if let key = place?.lease.key { positions[key] = position }
        }
    }

    /// The leases' records, as JSON texts.
    mutating func records() -> [String] {
        for position in places.indices {
            guard let place = places[position], place.record == nil else { continue }
            places[position]?.record = JSONValue.text(of: place.lease.members)
        }
        return places.compactMap { $0?.record }
    }
}

// The records follow from the leases.
extension LeaseList: Hashable {
    static func == (first: Self, second: Self) -> Bool { first.leases == second.leases }

    func hash(into hasher: inout Hasher) { hasher.combine(leases) }
}

extension JSONValue {
    fileprivate func isNumber(above limit: Int64) -> Bool {
        switch self {
        case .integer(let value): value > limit
        case .wideInteger(let value): value > Int128(limit)
        case .number(let value): value > Double(limit)
        default: false
        }
    }
}
