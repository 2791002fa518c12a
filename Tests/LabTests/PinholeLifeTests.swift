import Foundation
import TestSupport
import Testing

/// By which techniques a real router opens IPv6 ports.
enum PinholeOffer: String, CaseIterable, CustomTestStringConvertible {
    case pcpAlone = "PCP alone"
    case upnpAlone = "UPnP alone"
    case both

    var testDescription: String { rawValue }

    var options: [LabOption] {
        switch self {
        case .pcpAlone: [.slaac, .config("enable_upnp=no")]
        case .upnpAlone: [.slaac, .filter("meta nfproto ipv6 udp dport 5351 reject")]
        case .both: [.slaac]
        }
    }

    /// What natctl uses.
    var technique: String { self == .upnpAlone ? "upnp" : "pcp" }
}

@Suite("An IPv6 port on a real router, by every offer,", .needsLab, .timeLimit(.minutes(30)))
struct PinholeLifeTests {
    private static let port = "8080"

    private static func isOpen(_ lab: Lab, at address: String = IPv6Tests.stable) async throws
        -> Bool
    {
        try await lab.reach("tcp", port, at: address) == ["tcp \(port)"]
    }

    @Test(
        "is reached while it is open, renewed by a second process, and closed by a third",
        arguments: PinholeOffer.allCases)
    func lives(offer: PinholeOffer) async throws {
        try await Lab.run(offer.options) { lab in
            try await lab.serve("tcp", Self.port)
            #expect(try await !Self.isOpen(lab))
            for _ in 0..<2 {
                let mapped = try await lab.natctl("map tcp \(Self.port) -6 --json")
                #expect(mapped.status == 0, "\(mapped.errors)")
                #expect(mapped.isPrompt, "\(mapped.seconds) s")
                #expect(try mapped.document.mappings?.map(\.technique) == [offer.technique])
                #expect(try mapped.document.mappings?.map(\.gateway) == ["fe80::1%eth0"])
                #expect(try mapped.codes == [])
                #expect(try await lab.pinholeCount() == 1)
                #expect(try await Self.isOpen(lab))
            }
            let unmapped = try await lab.natctl("unmap tcp \(Self.port) -6 --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            // miniupnpd 2.3.1 has lost the nonce at the renewal, and only UPnP closes it then (N-18).
            let isLeftOpen = try unmapped.codes == ["stillOpen"]
            #expect(offer == .pcpAlone || !isLeftOpen)
            #expect(try unmapped.document.mappings?.count == (isLeftOpen ? 0 : 1))
            #expect(try await lab.pinholeCount() == (isLeftOpen ? 1 : 0))
            #expect(try await Self.isOpen(lab) == isLeftOpen)
        }
    }

    @Test("opened and renewed by one technique is closed by another that the router still has")
    func changesTechnique() async throws {
        try await Lab.run(PinholeOffer.both.options) { lab in
            try await lab.serve("tcp", Self.port)
            for technique in ["pcp", "pcp", "upnp", "upnp", "pcp", "pcp"] {
                let mapped = try await lab.natctl(
                    "map tcp \(Self.port) -6 --via \(technique) --json")
                #expect(mapped.status == 0, "\(technique): \(mapped.errors)")
                #expect(try mapped.document.mappings?.map(\.technique) == [technique])
                #expect(try mapped.codes == [], "\(technique)")
                #expect(try await lab.pinholeCount() == 1, "\(technique)")
                #expect(try await Self.isOpen(lab), "\(technique)")
            }
            let unmapped = try await lab.natctl("unmap --all --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(try unmapped.codes == [])
            #expect(try await lab.pinholeCount() == 0)
            #expect(try await !Self.isOpen(lab))
        }
    }

    @Test(
        "that is held is renewed, follows this host to another prefix and back, and is closed",
        arguments: PinholeOffer.allCases)
    func moves(offer: PinholeOffer) async throws {
        try await Lab.run(offer.options) { lab in
            let moved = "2a00:77:8::10"
            try await lab.serve("tcp", Self.port)
            try await lab.on(.wan, "ip -6 route add 2a00:77:8::/64 via 2a00:77:2::1")
            try await lab.on(.router, "ip addr add 2a00:77:8::1/64 dev lan0 nodad")
            try await lab.natctl(staying: "map tcp \(Self.port) -6 --keep") { tool in
                let first = try await tool.waits(for: "mapped")
                #expect(first.mapping?.internalAddress == IPv6Tests.stable)
                #expect(first.mapping?.technique == offer.technique)
                #expect(try await Self.isOpen(lab))
                try await tool.signal(SIGHUP)
                try await tool.waits(for: "renewed")
                #expect(try await Self.isOpen(lab))

                // As an advertisement does that announces another prefix.
                try await lab.on(.client, "ip addr add \(moved)/64 dev eth0 nodad")
                try await lab.on(
                    .client, "ip addr change \(IPv6Tests.stable)/64 dev eth0 preferred_lft 0")
                let changed = try await tool.waits(for: "changed") {
                    $0.mapping?.internalAddress == moved
                }
                let outside = changed.assignments?.filter { $0.technique == offer.technique }
                #expect(outside?.map(\.address) == [moved])
                #expect(try await Self.isOpen(lab, at: moved))
                // That of an address that is no longer preferred is let go as soon as the router can.
                if offer != .pcpAlone {
                    try await lab.wait(for: "the end of the old one") {
                        try await lab.pinholeCount() == 1
                    }
                    #expect(try await !Self.isOpen(lab))
                }

                // The prefix has gone altogether, and the first one is back.
                try await lab.on(.client, "ip addr del \(moved)/64 dev eth0")
                let seen = try await tool.events.count
                try await lab.on(
                    .client,
                    "ip addr change \(IPv6Tests.stable)/64 dev eth0 preferred_lft forever")
                try await tool.waits(for: "changed", after: seen) {
                    $0.mapping?.internalAddress == IPv6Tests.stable
                }
                #expect(try await Self.isOpen(lab))
            }
            if offer != .pcpAlone { #expect(try await !Self.isOpen(lab)) }
        }
    }
}
