/// All leases, with whatever else the file holds.
struct LeaseTable: Hashable, Sendable {
    /// The leases in the order they were made.
    private(set) var leases: [Lease] = []
    private var positions: [Lease.Key: Int] = [:]
    /// Records and members that a later natctl wrote; they are written back as they are.
    private var unknownRecords: [JSONValue] = []
    private var unknownMembers: [String: JSONValue] = [:]

    init() {}

    /// Reads the file's bytes.
    ///
    /// - Throws: `LeaseFileProblem.damaged` for bytes that are no such document.
    init(parsing bytes: [UInt8]) throws(LeaseFileProblem) {
        guard let document = try? JSONValue(parsing: bytes), var members = document.object,
            let records = members.removeValue(forKey: "leases")?.array
        else { throw .damaged }
        members["version"] = nil
        unknownMembers = members
        for record in records {
            if let lease = Lease(record) {
                self[lease.key] = lease
            } else {
                unknownRecords.append(record)
            }
        }
    }

    /// The file's bytes.
    var encoded: [UInt8] {
        var members = unknownMembers
        members["version"] = 1
        members["leases"] = .array(leases.map(\.document) + unknownRecords)
        return Array((JSONValue.object(members).text + "\n").utf8)
    }

    /// The lease of a key; setting it adds, replaces or removes.
    subscript(key: Lease.Key) -> Lease? {
        get { positions[key].map { leases[$0] } }
        set {
            switch (positions[key], newValue) {
            case (let position?, let lease?):
                leases[position] = lease
            case (nil, let lease?):
                positions[key] = leases.count
                leases.append(lease)
            case (.some, nil):
                leases.removeAll { $0.key == key }
                index()
            case (nil, nil):
                break
            }
        }
    }

    /// Drops leases that have ended; their gateways' tables are not touched.
    mutating func dropExpired(at now: Timestamp) {
        guard leases.contains(where: { !$0.isLive(at: now) }) else { return }
        leases.removeAll { !$0.isLive(at: now) }
        index()
    }

    /// Drops several at once.
    mutating func remove(_ keys: Set<Lease.Key>) {
        leases.removeAll { keys.contains($0.key) }
        index()
    }

    private mutating func index() {
        positions = Dictionary(uniqueKeysWithValues: leases.enumerated().map { ($1.key, $0) })
    }
}
