import CSystemCalls
import Logging

/// Hears that something about this host's links, addresses or routes has changed; what it is, the
/// kernel's tables tell.
struct NetworkChanges: Sendable {
    /// What the kernel is to tell.
    static let groups =
        UInt32(RTMGRP_LINK) | UInt32(RTMGRP_IPV4_IFADDR) | UInt32(RTMGRP_IPV4_ROUTE)
        | UInt32(RTMGRP_IPV6_IFADDR) | UInt32(RTMGRP_IPV6_ROUTE)

    /// Listens until the task is cancelled; in a sandbox that forbids it nothing is heard.
    ///
    /// - Parameter changed: called once for each burst of changes, and when listening begins: what
    ///   has changed before that was not heard.
    func run(_ changed: () -> Void) async {
        do {
            try await listen(changed)
        } catch is CancellationError {
            return
        } catch {
            log.debug("changes of links, addresses and routes are not heard: \(error)")
        }
    }

    private func listen(_ changed: () -> Void) async throws -> Never {
        let socket = try NetlinkSocket(groups: Self.groups)
        changed()
        var burst = NewsBurst()
        while true {
            if try await socket.hasNews(until: burst.end) { burst.add(at: .now) }
            if burst.isOver(at: .now) { changed() }
        }
    }
}
