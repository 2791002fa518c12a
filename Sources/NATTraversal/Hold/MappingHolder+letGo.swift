// The end of holding.
extension MappingHolder {
    /// What may be in a gateway's table: a mapping that is held, or was until it was told as lost.
    private func remainder(of index: Int) -> Held? {
        held[index] ?? abandoned[index].flatMap { $0.lease.isLive(at: .now) ? $0 : nil }
    }

    /// Deletes what is held or may still be there, and ends every stream of events.
    ///
    /// - Returns: what was deleted, and what could not be and stays in the lease file.
    func letGo() async -> MappingReport {
        var report = MappingReport()
        let byTarget = Dictionary(grouping: held.indices) { remainder(of: $0)?.target }
        for (target, indices) in byTarget {
            guard let target else { continue }
            let keys = indices.compactMap { remainder(of: $0)?.lease.key }
            let unshared = await book.endHolds(Set(keys))
            let isMine = { (lease: Lease) in unshared.contains(lease.key) }
            // What another process holds as well stays mapped for it.
            for index in indices where remainder(of: index).map({ !isMine($0.lease) }) == true {
                held[index] = nil
                abandoned[index] = nil
            }
            let indices = indices.filter { remainder(of: $0) != nil }
            let leases = indices.compactMap { remainder(of: $0)?.lease }
            let (outcomes, warnings) = await UnmapOperation.letGo(
                leases, on: target, leaseFile: book.file)
            report.add(warnings)
            for (index, outcome) in zip(indices, outcomes) {
                guard let mapping = remainder(of: index)?.mapping else { continue }
                switch outcome {
                case .success:
                    // What was told as lost is not told once more.
                    if held[index] != nil { report.mappings.append(mapping) }
                    held[index] = nil
                    abandoned[index] = nil
                case .failure(let error):
                    report.failures.append(
                        .init(
                            transport: mapping.transport, internalPort: mapping.internalPort,
                            error: error))
                }
            }
        }
        isOver = true
        tell(report.mappings.map { .unmapped($0) })
        hub.finish()
        return report
    }
}
