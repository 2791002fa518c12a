import TestSupport
import Testing

@Suite("A mapping by UPnP that PCP takes over", .needsLab, .timeLimit(.minutes(30)))
struct TakeoverTests {
    /// Where UPnP hangs.
    enum Hang: String, CaseIterable {
        case connections
        case actions

        /// The nft rule that makes it hang.
        var rule: String {
            switch self {
            case .connections: "meta l4proto tcp drop"
            // `POST` behind a TCP header of 32 bytes, which timestamps make it.
            case .actions: "tcp flags psh @th,256,32 0x504f5354 drop"
            }
        }
    }

    /// Lends a lab to `body` in which UPnP alone is answered, until `hang`.
    private static func run(_ body: @Sendable (Lab) async throws -> Void) async throws {
        try await Lab.run(.filter("udp dport 5351 drop"), body: body)
    }

    /// From now on PCP is answered, and UPnP hangs.
    private static func hang(_ hang: Hang, in lab: Lab) async throws {
        try await lab.on(.router, "nft flush table inet lab")
        try await lab.on(.router, "nft add rule inet lab input iifname lan0 \(hang.rule)")
    }

    @Test("is renewed in a few seconds, and is one rule still (A-22)", arguments: Hang.allCases)
    func renews(hang: Hang) async throws {
        try await Self.run { lab in
            try await lab.serve("tcp", "8080")
            let first = try await lab.natctl("map tcp 8080 --json")
            #expect(try first.document.mappings?.map(\.technique) == ["upnp"], "\(first.errors)")
            try await Self.hang(hang, in: lab)
            let second = try await lab.natctl("map tcp 8080 --json -v")
            #expect(try second.document.mappings?.map(\.technique) == ["pcp"], "\(second.errors)")
            #expect(second.isPrompt, "\(second.errors)")
            #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            #expect(try await lab.ruleCount() == 1)
            // Nobody waits for what is known not to answer.
            let third = try await lab.natctl("map tcp 8080 --json")
            #expect(third.seconds < 1)
        }
    }

    @Test("is held again, and deleted at the end", arguments: Hang.allCases)
    func holds(hang: Hang) async throws {
        try await Self.run { lab in
            try await lab.keeping("--lifetime 20s") { tool in
                try await Self.hang(hang, in: lab)
                // UPnP has its time first, and the mapping of so short a lifetime ends meanwhile.
                try await tool.waits(for: "mapped", within: .seconds(60)) {
                    $0.mapping?.technique == "pcp"
                }
                #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
                #expect(try await lab.ruleCount() == 1)
            }
            #expect(try await lab.natctl("list --leases -q").lines == [])
        }
    }
}
