import TestSupport
import Testing

/// A router that speaks UPnP alone.
enum UPnPRouter: String, CaseIterable {
    case version2
    case version1

    var options: [LabOption] {
        let upnpAlone = [LabOption.config("enable_natpmp=no"), .config("ipv6_disable=yes")]
        return self == .version1 ? upnpAlone + [.config("force_igd_desc_v1=yes")] : upnpAlone
    }
}

@Suite("A mapping on a real router by UPnP", .needsLab, .timeLimit(.minutes(30)))
struct UPnPMappingTests {
    @Test(
        "is reached from the WAN, renewed by a second process and deleted by a third",
        arguments: UPnPRouter.allCases, ["tcp", "udp"])
    func lives(router: UPnPRouter, transport: String) async throws {
        try await Lab.run(router.options) { lab in
            try await lab.serve(transport, "8080")
            let map = "map \(transport) 8080 --json"
            let first = try await lab.natctl(map)
            #expect(first.status == 0, "\(first.errors)")
            let mapping = try #require(first.document.mappings?.first)
            #expect(mapping.externalPort == 8080)
            #expect(mapping.externalAddress == "11.22.33.1")
            #expect(mapping.technique == "upnp")
            #expect(mapping.lifetime == 7200)
            #expect(try await lab.reach(transport, "8080") == ["\(transport) 8080"])

            let second = try await lab.natctl(map)
            #expect(try second.document.mappings?.map(\.externalPort) == [8080])
            #expect(try await lab.ruleCount() == 1)

            let third = try await lab.natctl("unmap \(transport) 8080 --json")
            #expect(try third.document.mappings?.count == 1, "\(third.errors)")
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.reach(transport, "8080") == ["refused"])
        }
    }

    @Test("is listed beside another client's, which unmap does not touch")
    func foreign() async throws {
        try await Lab.run(UPnPRouter.version2.options + [.secondClient]) { lab in
            let theirs = try await lab.on(
                .client2, "upnpc -e \u{1B}[31mred -a 192.168.77.11 9001 9000 tcp")
            #expect(theirs.status == 0, "\(theirs.output)")
            try await lab.natctl("map tcp 8080")

            let listed = try await lab.natctl("list --json")
            #expect(!listed.output.contains("\u{1B}"))
            let mappings = try #require(listed.document.mappings)
            #expect(mappings.map(\.externalPort) == [8080, 9000])
            #expect(mappings.map(\.mine) == [true, false])
            #expect(mappings.map(\.technique) == ["upnp", nil])
            let text = try await lab.natctl("list").output
            #expect(!text.contains("\u{1B}"))

            let refused = try await lab.natctl("unmap tcp --external-port 9000 --json")
            #expect(refused.status == 77)
            #expect(try refused.document.error?.code == "refused")
            #expect(try refused.document.failures?.map(\.internalPort) == [9001])
            // Nor does what names no lease but a port of this host.
            #expect(try await lab.natctl("unmap tcp 9001 --via upnp").status == 0)
            #expect(try await lab.ruleCount() == 2)
        }
    }

    @Test("of a port that another client holds gets a free one, and none with --exact")
    func taken() async throws {
        try await Lab.run(UPnPRouter.version1.options + [.secondClient]) { lab in
            try await lab.on(.client2, "upnpc -a 192.168.77.11 9000 9000 tcp")
            let exact = try await lab.natctl("map tcp 9000 --exact --json")
            #expect(exact.status == 73, "\(exact.errors)")
            #expect(try await lab.ruleCount() == 1)
            let other = try await lab.natctl("map tcp 9000 --json")
            #expect(other.status == 0, "\(other.errors)")
            #expect(try other.document.mappings?.first?.externalPort != 9000)
            #expect(try other.document.warnings?.map(\.code) == ["differentExternalPort"])
        }
    }

    @Test("without a lease is found in the gateway's table by its port on this host or outside")
    func withoutLease() async throws {
        try await Lab.run(UPnPRouter.version2.options) { lab in
            try await lab.on(.client, "upnpc -a 192.168.77.10 8080 9000 tcp")
            try await lab.on(.client, "upnpc -a 192.168.77.10 8081 9001 tcp")
            #expect(try await lab.natctl("unmap tcp 8080").status == 0)
            #expect(try await lab.ruleCount() == 2)
            #expect(try await lab.natctl("unmap tcp 8080 --via upnp").status == 0)
            #expect(try await lab.ruleCount() == 1)
            #expect(try await lab.natctl("unmap tcp --external-port 9001").status == 0)
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("is one of three hundred that list shows, each once, with a stranger's in between")
    func many() async throws {
        try await Lab.run(UPnPRouter.version2.options + [.secondClient]) { lab in
            try await lab.natctl("map both 20000-20074 -q --timeout 55")
            try await lab.on(.client2, "upnpc -e \u{1B}]0;\u{9B}red -a 192.168.77.11 9000 9000 udp")
            let mapped = try await lab.natctl("map both 20075-20149 -q --timeout 55")
            #expect(mapped.lines.count == 150, "\(mapped.errors)")
            let listed = try await lab.natctl("list --json")
            let mappings = try #require(listed.document.mappings)
            #expect(mappings.count == 301)
            #expect(mappings.count { $0.mine } == 300)
            #expect(Set(mappings.map { "\($0.transport) \($0.externalPort)" }).count == 301)
            let text = try await lab.natctl("list")
            #expect(text.lines.count >= 301)
            for output in [listed.output, text.output] {
                #expect(!output.contains("\u{1B}") && !output.contains("\u{9B}"))
            }
        }
    }

    @Test("is verified in the gateway's table whatever technique made it")
    func verified() async throws {
        try await Lab.run { lab in
            let mapped = try await lab.natctl("map tcp 8080 --via pcp --verify --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
        }
        try await Lab.run(.config("enable_upnp=no")) { lab in
            let mapped = try await lab.natctl("map tcp 8080 --via pcp --verify --json")
            #expect(mapped.status != 0)
            #expect(try await lab.ruleCount() == 0)
        }
    }
}
