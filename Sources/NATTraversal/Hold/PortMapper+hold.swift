extension PortMapper {
    /// Maps a port, and holds the mapping until it is stopped.
    ///
    /// - Parameters:
    ///   - request: what to map.
    ///   - options: how it is held.
    /// - Returns: the mapping, which is there when this returns.
    /// - Throws: `PortMapperError` when it cannot be mapped at first, `CancellationError`.
    public func hold(
        _ request: MappingRequest, options: HoldOptions = HoldOptions()
    ) async throws -> MappingHold {
        try await hold([request], options: options)
    }

    /// Maps several ports, and holds all of them until they are stopped.
    ///
    /// - Parameters:
    ///   - requests: what to map.
    ///   - options: how they are held.
    /// - Returns: the mappings, which are there when this returns.
    /// - Throws: `PortMapperError` when one of them cannot be mapped at first, and then none is;
    ///   `CancellationError`.
    public func hold(
        _ requests: [MappingRequest], options: HoldOptions = HoldOptions()
    ) async throws -> MappingHold {
        let (held, report) = try await startHolding(requests, options: options)
        guard let held else { throw report.failures.first?.error ?? PortMapperError.noGateway }
        return held
    }

    /// Maps a port, holds the mapping while `body` runs, and deletes it.
    ///
    /// It is deleted as well when `body` throws or the task is cancelled, within five seconds, and
    /// that is awaited. What could not be deleted stays in the lease file and ends with its lifetime.
    ///
    /// - Parameters:
    ///   - request: what to map.
    ///   - options: how it is held.
    ///   - body: gets the mapping as it was granted; one that must hear of changes uses `hold`.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; `PortMapperError` when the port cannot be mapped at first,
    ///   `CancellationError`.
    public func withMapping<Result>(
        _ request: MappingRequest, options: HoldOptions = HoldOptions(),
        body: (Mapping) async throws -> Result
    ) async throws -> Result {
        let (held, report) = try await startHolding([request], options: options)
        guard let held, let mapping = report.mappings.first else {
            throw report.failures.first?.error ?? PortMapperError.noGateway
        }
        do {
            let result = try await body(mapping)
            await held.stop()
            return result
        } catch {
            await held.stop()
            throw error
        }
    }

    /// The same as `hold` with the whole report: without mappings where not all could be mapped, and what was
    /// newly mapped is deleted again.
    package func startHolding(
        _ requests: [MappingRequest], options: HoldOptions = HoldOptions()
    ) async throws -> (held: MappingHold?, report: MappingReport) {
        let family = requests.first?.family ?? selection.family
        guard requests.allSatisfy({ $0.family == family }) else {
            throw PortMapperError.inexpressible("mappings of both families are held apart")
        }
        let holder = MappingHolder(
            signed(requests), options: options, selection: selection.of(family),
            leaseFile: leaseFile)
        let report = try await holder.start()
        return (report.failures.isEmpty ? MappingHold(holder) : nil, report)
    }

    /// Holds mappings that a gateway may grant now or later, whatever it says at first.
    ///
    /// - Parameters:
    ///   - requests: what to map.
    ///   - options: how it is held.
    ///   - isMapped: whether a gateway is asked at all, or only local assignments are told.
    /// - Returns: at once, before anything is mapped.
    func holdWhenPossible(
        _ requests: [MappingRequest], options: HoldOptions, isMapped: Bool = true
    ) -> MappingHold {
        MappingHold(
            MappingHolder(
                signed(requests), options: options, isMapped: isMapped,
                selection: selection.of(requests.first?.family ?? selection.family),
                leaseFile: leaseFile))
    }

    /// Whether its gateways can be asked to open a port of IPv6.
    var opensIPv6: Bool {
        let isNamed = selection.gateway != nil || selection.location != nil
        return selection.technique != .natPMP && (!isNamed || selection.family == .ipv6)
    }

    /// Watches the path to the Internet.
    ///
    /// - Parameter interval: how often the gateway is asked when it announces nothing.
    /// - Returns: at once; what is found out comes as events.
    public func watch(every interval: Duration = .seconds(300)) -> GatewayWatch {
        GatewayWatch(GatewayWatcher(selection, interval: interval))
    }
}
