import Logging

/// What earlier runs have found out about gateways that answered by UPnP: `gateways.json`, beside
/// the lease file.
///
/// A record is a hint that saves waiting, never an answer, and ends after a day. A file that is
/// lost, damaged or hostile costs a few round trips. Writers take no lock: of two at once the later
/// one wins.
struct GatewayMemory: Sendable {
    /// What is known of one gateway.
    struct Record: Hashable, Sendable {
        var gateway: GatewayAddress
        /// Where its description was, on the gateway itself.
        var location: HTTPURL
        /// Its unique device name; another one at the same place is another device.
        var udn: String
        /// Whether its answer named another host (S-6).
        var isRepointed: Bool
        /// Which run of the device it was: an announcement of another one is a hint.
        var bootIdentifier: String?
        var foundAt: Timestamp
        /// When PCP and NAT-PMP were found silent; `nil` when they were not.
        var silentAt: Timestamp?
    }

    /// How long a record, and the silence in it, is believed, in seconds.
    static let lifetime: UInt32 = 86400
    static let sizeLimit = 64 << 10
    /// How many gateways are remembered.
    static let countLimit = 16
    private static let name = "gateways.json"

    private let folder: StateFolder

    /// The memory beside a lease file; `nil` when the user says how to ask.
    init?(beside leaseFile: LeaseFile, for selection: GatewaySelection) {
        guard selection.technique == nil, selection.location == nil, let folder = leaseFile.folder
        else { return nil }
        self.init(folder: folder)
    }

    init(folder: String) { self.folder = StateFolder(path: folder) }

    /// What is known of a gateway; `nil` when that is nothing.
    func record(of gateway: GatewayAddress, at now: Timestamp) -> Record? {
        records(at: now).first { $0.gateway == gateway }
    }

    /// Remembers a gateway, in place of what was known of it.
    ///
    /// Writes only what is news: the same again is written when half of its time is over.
    func remember(_ record: Record, at now: Timestamp) {
        var records = records(at: now)
        if let index = records.firstIndex(where: { $0.gateway == record.gateway }) {
            var known = records.remove(at: index)
            let isFresh = now < known.foundAt.advanced(bySeconds: Self.lifetime / 2)
            known.foundAt = record.foundAt
            if isFresh, known == record { return }
        }
        write([record] + records.prefix(Self.countLimit - 1))
    }

    /// Forgets a gateway: another technique answers now.
    func forget(_ gateway: GatewayAddress, at now: Timestamp) {
        write(records(at: now).filter { $0.gateway != gateway })
    }

    /// The records that have not ended, the latest first.
    private func records(at now: Timestamp) -> [Record] {
        guard let bytes = try? folder.bytes(of: Self.name, sizeLimit: Self.sizeLimit) else {
            return []
        }
        return Self.records(parsing: bytes, at: now)
    }

    /// Reads the file's bytes, which are foreign data like any other.
    static func records(parsing bytes: [UInt8], at now: Timestamp) -> [Record] {
        let document = (try? JSONValue(parsing: bytes))?.object
        let records = document?["gateways"]?.array?.prefix(countLimit) ?? []
        return records.compactMap { Record($0, at: now) }
    }

    private func write(_ records: [Record]) {
        let document: JSONValue = [
            "version": 1, "gateways": .array(records.map(\.document)),
        ]
        do throws(LeaseFileProblem) {
            try folder.make()
            try folder.replace(
                Self.name, with: Array((document.text + "\n").utf8), isDurable: false)
        } catch {
            log.debug("\(Self.name): \(error.sentence)")
        }
    }
}

extension GatewayMemory.Record {
    /// The record in words, for the log.
    var summary: String {
        "UPnP at \(location) since \(foundAt)"
            + (silentAt.map { "; PCP and NAT-PMP silent since \($0)" } ?? "")
    }

    /// Reads a record of the file.
    ///
    /// - Returns: `nil` for one that is damaged, has ended, or names another host's description.
    fileprivate init?(_ value: JSONValue, at now: Timestamp) {
        guard let members = value.object,
            let gateway = members["gateway"]?.string.flatMap(GatewayAddress.init),
            let text = members["location"]?.string,
            let location = try? HTTPURL.givenByUser(text), location.unknownZone == nil,
            location.url.host == gateway.address,
            let udn = members["udn"]?.string,
            let foundAt = members["foundAt"]?.string.flatMap(Timestamp.init),
            Self.counts(foundAt, at: now)
        else { return nil }
        self.gateway = gateway
        self.location = location.url
        self.udn = udn
        isRepointed = members["repointed"] == true
        bootIdentifier = members["bootID"]?.string
        self.foundAt = foundAt
        silentAt = members["silentAt"]?.string.flatMap(Timestamp.init)
            .flatMap { Self.counts($0, at: now) ? $0 : nil }
    }

    /// Whether an instant is within the last day; a clock that was set back makes no record last.
    private static func counts(_ instant: Timestamp, at now: Timestamp) -> Bool {
        instant <= now && now < instant.advanced(bySeconds: GatewayMemory.lifetime)
    }

    fileprivate var document: JSONValue {
        [
            "gateway": .string(gateway.description),
            "location": .string(location.zonedDescription),
            "udn": .string(udn),
            "repointed": .bool(isRepointed),
            "bootID": JSONValue(bootIdentifier),
            "foundAt": .string(foundAt.description),
            "silentAt": JSONValue(silentAt?.description),
        ]
    }
}
