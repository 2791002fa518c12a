import CSystemCalls
import Glibc

extension NetlinkSocket {
    /// Waits for what the kernel tells of itself, in the groups that the socket was opened for.
    ///
    /// - Returns: whether there was something, whatever it was; `false` when it was not the kernel's
    ///   or the deadline has passed.
    /// - Throws: `SystemError`, `CancellationError`.
    func hasNews(until deadline: ContinuousClock.Instant?) async throws -> Bool {
        // Not only where it waits: a flood would never let it.
        try Task.checkCancellation()
        if let hasNews = try takeNews() { return hasNews }
        _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN, until: deadline)
        return try takeNews() ?? false
    }

    /// Drops the next message; the result is whether the kernel sent it, `nil` where none was there.
    private func takeNews() throws(SystemError) -> Bool? {
        var sender = sockaddr_nl()
        let nothing = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
        if unsafe Self.receive(descriptor, into: nothing, from: &sender) >= 0 {
            return sender.nl_pid == 0
        }
        switch errno {
        case EAGAIN, EINTR: return nil
        // Messages were lost: what they said is read anew in any case.
        case ENOBUFS: return true
        default: throw SystemError("recvfrom")
        }
    }
}
