import Logging

extension IGDConnection {
    /// The most entries of a table that are read.
    static let entryLimit = 1000
    /// The longest table that is asked for as one list: miniupnpd 2.3.1 dies of listing more than 128
    /// entries, however few it is asked for.
    private static let safeListLength = 100
    /// How many rows in a row may be unreadable before the table counts as broken off.
    private static let badRowLimit = 16

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
        defer { service.http.closeNextConnection() }
        do {
            guard let entry = try await entry(key, isFollowed: true, until: deadline) else {
                return .absent
            }
            guard entry.leads(to: client, port: internalPort) else { return .foreign(entry) }
        } catch let failure as UPnPFailure where isRecorded && failure.isUnreadable {
            log.debug("\(key.externalPort): cannot be read, deleting what is recorded: \(failure)")
        }
        return try await remove(key, until: deadline) {
            $0.leads(to: client, port: internalPort)
        }
    }

    /// Sends DeletePortMapping, and sends it again only when its answer was lost and the table still
    /// shows the entry.
    ///
    /// - Parameters:
    ///   - key: which entry.
    ///   - deadline: when to give up.
    ///   - isMeant: whether an entry seen there afterwards is still the one to delete.
    /// - Returns: `.deleted` or `.absent`.
    /// - Throws: `UPnPFailure`, `CancellationError`.
    func remove(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant,
        where isMeant: (PortMappingEntry) -> Bool = { _ in true }
    ) async throws -> Deletion {
        var attempt = 0
        while true {
            do {
                let patience = Self.patience(attempt: attempt, rest: deadline - now)
                _ = try await service.invoke(
                    "DeletePortMapping", key.arguments, patience: patience, until: deadline)
                return .deleted
            } catch let failure as UPnPFailure where failure.isAbsentEntry {
                return attempt == 0 ? .absent : .deleted
            } catch let failure as UPnPFailure where failure.isInconclusive {
                log.debug("DeletePortMapping \(key.externalPort): \(failure)")
                let entry: PortMappingEntry?
                do { entry = try await self.entry(key, until: deadline) } catch is UPnPFailure {
                    throw failure
                }
                guard let entry, isMeant(entry) else { return .deleted }
                attempt += 1
                guard failure.isTransient, attempt < Self.changeLimit, now < deadline else {
                    throw failure
                }
            }
        }
    }

    /// The gateway's table, everybody's entries.
    ///
    /// - Returns: the entries, and where reading them ended.
    /// - Throws: `UPnPFailure` when nothing could be read, `CancellationError`.
    func entries(
        until deadline: ContinuousClock.Instant
    ) async throws -> (entries: [PortMappingEntry], end: TableEnd, skipped: Int) {
        if isVersion2, try await !hasEntry(at: Self.safeListLength, until: deadline) {
            do {
                let tcp = try await listed(.tcp, until: deadline)
                let udp = try await listed(.udp, until: deadline)
                let entries = tcp.entries + udp.entries
                return (
                    Array(entries.prefix(Self.entryLimit)),
                    entries.count > Self.entryLimit ? .limit : .whole, tcp.skipped + udp.skipped
                )
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
            _ = try await read(
                "GetGenericPortMappingEntry", [.index(index)], until: optionalDeadline(deadline))
            return true
        } catch let failure as UPnPFailure {
            // What is not known to be short is not listed.
            return !failure.isEndOfTable
        }
    }

    /// All entries of one transport at once (WANIPConnection:2, section 2.3.20).
    private func listed(
        _ transport: TransportProtocol, until deadline: ContinuousClock.Instant
    ) async throws -> PortMappingListing {
        let arguments = [
            UPnPArgument("NewStartPort", "1"), UPnPArgument("NewEndPort", "65535"),
            UPnPArgument("NewProtocol", transport.rawValue.uppercased()),
            UPnPArgument("NewManage", "0"), UPnPArgument("NewNumberOfPorts", "0"),
        ]
        do {
            let reply = try await read(
                "GetListOfPortMappings", arguments, limits: .portListing,
                until: optionalDeadline(deadline))
            return try PortMappingListing(parsing: reply.required("NewPortListing"))
        } catch let failure as UPnPFailure where failure.isEmptyListing {
            return PortMappingListing()
        }
    }

    /// Entry by entry, until the gateway says in one of many ways that there are no more.
    ///
    /// A gateway hands on whatever any client wrote into a description, so one row that cannot be
    /// read does not hide the rows behind it.
    private func walked(
        until deadline: ContinuousClock.Instant
    ) async throws -> (entries: [PortMappingEntry], end: TableEnd, skipped: Int) {
        var entries: [PortMappingEntry] = []
        var seen: Set<PortMappingEntry> = []
        var skipped = 0
        var skippedInARow = 0
        defer { service.http.closeNextConnection() }
        for index in 0...Self.entryLimit {
            do {
                let reply = try await read(
                    "GetGenericPortMappingEntry", [.index(index)], isFollowed: true,
                    until: deadline)
                var entry = try PortMappingEntry(reply.results)
                entry.hasCutText = reply.hasCutText
                skippedInARow = 0
                guard seen.insert(entry.withoutLease).inserted else {
                    return (entries, .whole, skipped)
                }
                entries.append(entry)
                if entries.count == Self.entryLimit { return (entries, .limit, skipped) }
            } catch let failure as UPnPFailure {
                if failure.isBadRow, skippedInARow < Self.badRowLimit {
                    log.debug("\(type.name): entry \(index) is left out: \(failure)")
                    skipped += 1
                    skippedInARow += 1
                    continue
                }
                // Some tables begin at 1.
                if index == 0, failure.isEndOfTable { continue }
                guard failure.isEndOfTable || !entries.isEmpty else { throw failure }
                log.debug("\(type.name): \(entries.count) entries, then \(failure)")
                return (entries, failure.isEndOfTable ? .whole : .brokenOff, skipped)
            }
        }
        return (entries, .limit, skipped)
    }
}

extension UPnPArgument {
    /// The argument of GetGenericPortMappingEntry.
    fileprivate static func index(_ index: Int) -> UPnPArgument {
        UPnPArgument("NewPortMappingIndex", String(index))
    }
}

extension UPnPFailure {
    /// Whether one row alone may be at fault: its answer is no XML, or lacks what a mapping has.
    fileprivate var isBadRow: Bool {
        switch self {
        case .notSOAP(.xml(.malformed)), .notSOAP(.xml(.nul)), .result: true
        default: false
        }
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
