import Glibc
import Testing

@testable import NATTraversal

@Suite(
    "Changes of the network", .serialized, .timeLimit(.minutes(10)),
    .enabled(if: OwnNetwork.isHere, "SimulatorNamespaceTests runs them in a network of their own"))
struct NetworkChangesTests {
    /// What is done, and what undoes it, of which each makes news of one kind alone.
    private static let changes = [
        ("link set lo mtu 50000", "link set lo mtu 60000"),
        ("addr change 127.0.0.1/8 dev lo preferred_lft 500 valid_lft 1000", "link show lo"),
        ("addr change ::1/128 dev lo preferred_lft 500 valid_lft 1000", "link show lo"),
        ("route add 198.51.100.0/24 dev lo", "route del 198.51.100.0/24"),
        ("-6 route add 2001:db8::/64 dev lo", "-6 route del 2001:db8::/64"),
    ]

    @Test("links, addresses and routes of both families are heard", arguments: changes)
    func heard(change: String, reversal: String) async throws {
        let (heard, continuation) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await NetworkChanges().run { continuation.yield() } }
            group.addTask {
                // It is not known when the other task listens.
                while !Task.isCancelled {
                    try await OwnNetwork.change(change)
                    try await OwnNetwork.change(reversal)
                    try? await Task.sleep(for: NewsBurst.quiet * 2)
                }
            }
            // The first is that it listens.
            var count = 0
            for await _ in heard {
                count += 1
                if count == 2 { break }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("more news than the kernel keeps are news")
    func overrun() async throws {
        let socket = try NetlinkSocket(groups: NetworkChanges.groups)
        var least: Int32 = 1
        unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &least, 4)
        for size in 50_000..<50_010 { try await OwnNetwork.change("link set lo mtu \(size)") }
        #expect(try await socket.hasNews(until: nil))
    }
}
