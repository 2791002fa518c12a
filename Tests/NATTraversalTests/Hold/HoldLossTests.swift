import GatewaySimulator
import TestSupport
import Testing

@testable import NATTraversal

@Suite("A held mapping on a bad network") struct HoldLossTests {
    /// Ten minutes of the shortest lifetime that PCP servers grant, on a clock that jumps.
    @Test(
        "is never lost in ten minutes in which three of ten datagrams are, each way",
        arguments: 0..<50)
    func tenMinutes(seed: UInt64) async throws {
        let generator = Locked(SeededGenerator(seed: seed))
        let isLost: @Sendable () -> Bool = {
            generator.withLock { Int.random(in: 0..<10, using: &$0) } < 3
        }
        let transport = ScriptedTransport { request, _ in
            isLost() || isLost() ? [] : [.datagram(granted(request), after: .milliseconds(20))]
        }
        let client = PCPClient(socket: transport.gatewaySocket)
        let order = try PCPClientTests.order { $0.lifetimeSeconds = 120 }
        let start = transport.now
        var plan = HoldPlan(count: 1, lookInterval: .seconds(3600), at: start) { range in
            generator.withLock { Double.random(in: range, using: &$0) }
        }
        var (hasBegun, renewals) = (false, 0)
        while transport.now < start + .seconds(600) {
            guard let action = plan.next(at: transport.now) else {
                _ = try await transport.receive(until: plan.wake)
                continue
            }
            let isOnce = action == .renew([0], .once)
            var limit = transport.limit
            limit.sendLimit = isOnce ? 1 : nil
            let outcome = try await client.map([order], limit)
            switch outcome[0].flatMap(client.grant(in:)) {
            case .success(let grant):
                plan.granted(0, for: grant.lifetime, by: .router, .none, at: transport.now)
                hasBegun = true
                renewals += 1
            case .failure(let error):
                let consequence = plan.failed(0, .init(error), at: transport.now)
                #expect(consequence != .lost || !hasBegun)
            }
        }
        #expect((6...12).contains(renewals))
    }

    @Test(
        "is asked for once at a time where nothing is lost, and no sooner than after half its time")
    func quiet() async throws {
        let transport = ScriptedTransport { request, _ in [.datagram(granted(request))] }
        let client = PCPClient(socket: transport.gatewaySocket)
        let order = try PCPClientTests.order { $0.lifetimeSeconds = 120 }
        var plan = HoldPlan(count: 1, lookInterval: .seconds(3600), at: transport.now)
        while transport.elapsed < .seconds(600) {
            guard plan.next(at: transport.now) != nil else {
                _ = try await transport.receive(until: plan.wake)
                continue
            }
            var limit = transport.limit
            limit.sendLimit = 1
            let grant = try await client.map(order, limit)
            plan.granted(0, for: grant.lifetime, by: .router, .none, at: transport.now)
        }
        let times = transport.sent.map(\.time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .seconds(60) })
        #expect((8...11).contains(times.count))
    }
}

/// A grant of what a MAP request asks for, laid by hand.
private func granted(_ request: [UInt8]) -> [UInt8] {
    [2, 0x81, 0, 0] + request[4..<8] + [0, 0, 0x10, 0] + Array(repeating: 0, count: 12)
        + request[24..<44] + bytes("00000000 00000000 0000ffff 0b162101")
}
