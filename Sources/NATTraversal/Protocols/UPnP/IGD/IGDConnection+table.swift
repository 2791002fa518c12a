import Logging

extension IGDConnection {
    /// The most entries of a table that are read.
    static let entryLimit = 1000
    /// The longest table that is asked for as one list: miniupnpd 2.3.1 dies of listing more than 128
    /// entries, however few it is asked for.
    private static let safeListLength = 100

    /// What became of a deletion.
    enum Deletion: Hashable, Sendable {
        case deleted
        /// There was no such entry.
        case absent
        /// The entry is another mapping, and stays.
        case foreign(PortMappingEntry)
    }

    /// Where reading the table ended.
    enum TableEnd: Hashable, Sendable {
        case whole
        /// At the most entries that are read.
        case limit
        /// At a failure.
        case brokenOff
    }

    /// Deletes an entry that leads to this port of this client, and no other.
    ///
    /// - Parameters:
    ///   - key: which entry.
    ///   - client: the host that it must lead to.
    ///   - internalPort: the port that it must lead to.
    ///   - isRecorded: whether a lease says that the entry is ours; then a gateway that does not let
    ///     its table be read is told to delete all the same.
    ///   - deadline: when to give up.
    /// - Returns: what became of it.
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func delete(
        _ key: PortMappingKey, client: IPAddress, internalPort: PortNumber, isRecorded: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> Deletion {
        do {
            guard let entry = try await entry(key, until: deadline) else { return .absent }
            guard entry.leads(to: client, port: internalPort) else { return .foreign(entry) }
        } catch let failure as UPnPFailure where isRecorded && failure.isRefusal {
            log.debug("\(key.externalPort): cannot be read, deleting what is recorded: \(failure)")
        }
        do {
            _ = try await service.invoke("DeletePortMapping", key.arguments, until: deadline)
            return .deleted
        } catch UPnPFailure.fault(714, _) {
            return .absent
        }
    }

    /// The gateway's table, everybody's entries.
    ///
    /// - Returns: the entries, and where reading them ended.
    /// - Throws: `UPnPFailure` when nothing could be read, `CancellationError`.
    func entries(
        until deadline: ContinuousClock.Instant
    ) async throws -> (entries: [PortMappingEntry], end: TableEnd) {
        if isVersion2, try await !hasEntry(at: Self.safeListLength, until: deadline) {
            do {
                let entries =
                    try await listed(.tcp, until: deadline) + listed(.udp, until: deadline)
                let end = entries.count > Self.entryLimit ? TableEnd.limit : .whole
                return (Array(entries.prefix(Self.entryLimit)), end)
            } catch let failure as UPnPFailure {
                log.debug("\(type.name): no list (\(failure)); reading entry by entry")
            }
        }
        return try await walked(until: deadline)
    }

    /// Whether the table is longer than `index`.
    private func hasEntry(
        at index: Int, until deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        do {
            _ = try await read("GetGenericPortMappingEntry", [.index(index)], until: deadline)
            return true
        } catch is UPnPFailure {
            return false
        }
    }

    /// All entries of one transport at once (WANIPConnection:2, section 2.3.20).
    private func listed(
        _ transport: TransportProtocol, until deadline: ContinuousClock.Instant
    ) async throws -> [PortMappingEntry] {
        let arguments = [
            UPnPArgument("NewStartPort", "1"), UPnPArgument("NewEndPort", "65535"),
            UPnPArgument("NewProtocol", transport.rawValue.uppercased()),
            UPnPArgument("NewManage", "0"), UPnPArgument("NewNumberOfPorts", "0"),
        ]
        do {
            let reply = try await read(
                "GetListOfPortMappings", arguments, limits: .portListing, until: deadline)
            return try PortMappingListing(parsing: reply.required("NewPortListing")).entries
        } catch UPnPFailure.fault(730, _) {
            return []
        }
    }

    /// Entry by entry, until the gateway says in one of many ways that there are no more.
    private func walked(
        until deadline: ContinuousClock.Instant
    ) async throws -> (entries: [PortMappingEntry], end: TableEnd) {
        var entries: [PortMappingEntry] = []
        var seen: Set<PortMappingEntry> = []
        for index in 0...Self.entryLimit {
            do {
                let reply = try await read(
                    "GetGenericPortMappingEntry", [.index(index)], until: deadline)
                guard let entry = try? PortMappingEntry(reply.results) else { continue }
                guard seen.insert(entry.withoutLease).inserted else { return (entries, .whole) }
                entries.append(entry)
                if entries.count == Self.entryLimit { return (entries, .limit) }
            } catch let failure as UPnPFailure {
                // Some tables begin at 1.
                if index == 0, failure.isEndOfTable { continue }
                guard failure.isEndOfTable || !entries.isEmpty else { throw failure }
                log.debug("\(type.name): \(entries.count) entries, then \(failure)")
                return (entries, failure.isEndOfTable ? .whole : .brokenOff)
            }
        }
        return (entries, .limit)
    }
}

extension UPnPArgument {
    /// The argument of GetGenericPortMappingEntry.
    fileprivate static func index(_ index: Int) -> UPnPArgument {
        UPnPArgument("NewPortMappingIndex", String(index))
    }
}

extension UPnPFailure {
    /// Whether a gateway may mean by it that the table ends here.
    fileprivate var isEndOfTable: Bool {
        guard let code else { return false }
        return ![401, 602, 606].contains(code)
    }
}

extension PortMappingEntry {
    /// The entry with what changes from second to second left out.
    fileprivate var withoutLease: PortMappingEntry {
        var entry = self
        entry.remainingSeconds = nil
        return entry
    }
}
