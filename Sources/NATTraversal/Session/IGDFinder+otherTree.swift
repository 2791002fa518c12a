extension IGDFinder {
    /// Finds another connection service of the same gateway that may grant what `found` has refused
    /// (D-12): in the same description, else in another description at the same address.
    ///
    /// - Returns: `nil` when the refusal holds for all trees, there is no other, or it was searched
    ///   for before.
    /// - Throws: `CancellationError`.
    func otherTree(
        than found: Found, after failure: UPnPFailure, _ budget: TimeBudget
    ) async throws -> Found? {
        guard let isCandidate = found.connection.alternatives(after: failure), beginOtherTree()
        else { return nil }
        let deadline = min(budget.deadline, .now + limits.otherTree)
        if let choice = try await IGDChoice.among(
            found.device, until: deadline, where: isCandidate)
        {
            return Found(device: found.device, choice: choice)
        }
        // The user's location replaces the search.
        guard target.location == nil else { return nil }
        do {
            let host = found.device.location.host
            let device = try await browser().findDevice(until: deadline) { device in
                device.location.host == host
                    && device.connectionServices.contains(where: isCandidate)
            }
            guard let device,
                let choice = try await IGDChoice.among(
                    device, until: budget.deadline, where: isCandidate)
            else { return nil }
            return Found(device: device, choice: choice)
        } catch is PortMapperError {
            return nil
        }
    }
}

extension IGDConnection {
    /// Selects the services of the same gateway that are worth asking after this one has refused.
    ///
    /// - Returns: `nil` when none is.
    fileprivate func alternatives(after failure: UPnPFailure) -> ((UPnPService) -> Bool)? {
        let (type, control) = (type, service.control)
        return switch failure {
        // A tree that wants a password, such as TR-064.
        case .status(401): { $0.control != control }
        // A tree that wants a permission that the older one does not know.
        case _ where failure.wantsPermission && type.version >= 2:
            { UPnPType($0.type).map { $0.version < 2 } ?? false }
        default: nil
        }
    }
}
