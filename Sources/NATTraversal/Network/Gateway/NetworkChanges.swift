import CSystemCalls
import Logging

/// Notices that this host's links, addresses or routes have changed, but not how: the kernel's
/// tables show that.
struct NetworkChanges: Sendable {
    /// The notifications to subscribe to.
    static let groups =
        UInt32(RTMGRP_LINK) | UInt32(RTMGRP_IPV4_IFADDR) | UInt32(RTMGRP_IPV4_ROUTE)
        | UInt32(RTMGRP_IPV6_IFADDR) | UInt32(RTMGRP_IPV6_ROUTE)

    /// Listens until the task is cancelled; in a sandbox that forbids it nothing arrives.
    ///
    /// - Parameter changed: called once for each burst of changes, and when listening begins,
    ///   because earlier changes were missed.
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
