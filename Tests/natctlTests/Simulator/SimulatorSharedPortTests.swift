import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

extension ToolBehindGateway {
    /// The option in place of a search, which finds nothing on loopback.
    fileprivate var location: String { "--location \(gateway.location ?? "")" }
}

@Suite("A port that several processes map") struct SimulatorSharedPortTests {
    @Test("follows a later command to another external port, and does not move it back")
    func followsMove() async throws {
        try await ToolBehindGateway.run { tool in
            let before = tool.gateway.log.count
            try await tool.natctl(staying: "map tcp 8080 --keep -e 18080") { first in
                try await first.waits(for: "mapped")
                try await tool.natctl(staying: "map tcp 8080 --keep -e 19090") { second in
                    try await second.waits(for: "mapped")
                    let changed = try await first.waits(for: "changed")
                    #expect(changed.mapping?.externalPort == 19090)
                    #expect(tool.forwarded == ["tcp 8080 19090 pcp"])
                }
                // The first holds it still.
                #expect(tool.forwarded == ["tcp 8080 19090 pcp"])
                #expect(try await first.events.filter { $0.event == "lost" }.isEmpty)
            }
            #expect(tool.forwarded.isEmpty)
            #expect(tool.gateway.log.count - before < 20)
        }
    }

    @Test("leaves a port that another holder has moved to it when it demands its own")
    func leavesContested() async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            try await tool.natctl(
                staying: "map tcp 8080 --keep --exact -e 18080 --via upnp \(tool.location)"
            ) { first in
                try await first.waits(for: "mapped")
                try await tool.natctl(
                    staying: "map tcp 8080 --keep --exact -e 19090 --via upnp \(tool.location)"
                ) { second in
                    try await second.waits(for: "mapped")
                    try await first.waits(for: "lost")
                    #expect(tool.forwarded == ["tcp 8080 19090 upnp"])
                }
                // The second one's was nobody else's.
                #expect(tool.forwarded.isEmpty)
            }
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("keeps the mapping that another holder deletes while it is being asked for")
    func takesOver() async throws {
        // The answer comes after 200 ms, and is not asked for a second time before.
        try await ToolBehindGateway.run({ $0.faults.answerDelays[.pcpMap] = .milliseconds(200) }) {
            tool in
            try await tool.natctl(staying: "map tcp 8080 --keep") { first in
                try await first.waits(for: "mapped")
                let asked = tool.gateway.log.count(.pcpMap)
                try await tool.natctl(staying: "map tcp 8080 --keep") { second in
                    try await condition { tool.gateway.log.count(.pcpMap) > asked }
                    try await first.signal(SIGTERM)
                    try await second.waits(for: "mapped")
                    // It was spared, or is mapped again.
                    try await Task.sleep(for: .seconds(1))
                    #expect(tool.forwarded == ["tcp 8080 8080 pcp"])
                }
                #expect(tool.forwarded.isEmpty)
            }
        }
    }

    @Test("two that ask at once leave one mapping, also where each gets one of its own")
    func leavesOne() async throws {
        try await ToolBehindGateway.run({
            $0.techniques = [.upnp]
            $0.faults.grantedPort = .another
            $0.faults.answerDelays[.upnpMap] = .milliseconds(500)
        }) { tool in
            async let first = tool.natctl("map tcp 8080 --via upnp \(tool.location)")
            async let second = tool.natctl("map tcp 8080 --via upnp \(tool.location)")
            #expect(try await [first.status, second.status] == [0, 0])
            #expect(tool.forwarded.count == 1, "\(tool.forwarded)")
            try await tool.natctl("unmap --all \(tool.location)")
            #expect(tool.forwarded.isEmpty)
        }
    }
}
