import TestSupport
import Testing

@Suite("A router that speaks all three techniques", .needsLab, .timeLimit(.minutes(30)))
struct RaceTests {
    @Test("has one mapping more after each map, whatever is lost on the way", arguments: [0, 20])
    func exactlyOne(loss: Int) async throws {
        try await Lab.run(loss == 0 ? [] : [.loss(loss)]) { lab in
            for port in 20001...20100 {
                let mapped = try await lab.natctl("map tcp \(port) -q --timeout 30")
                try #require(mapped.lines == ["\(port)"], "\(mapped.errors)")
                try await lab.wait(for: "the rule of port \(port) alone") {
                    try await lab.ruleCount() == port - 20000
                }
            }
        }
    }

    @Test(
        "is asked by UPnP when port 5351 says nothing, or says no", arguments: ["drop", "reject"])
    func turnsToUPnP(verdict: String) async throws {
        try await Lab.run(.filter("udp dport 5351 \(verdict)")) { lab in
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(try mapped.document.mappings?.map(\.technique) == ["upnp"], "\(mapped.errors)")
            #expect(mapped.seconds < 3)
            #expect(try await lab.natctl("external-ip").lines == ["11.22.33.1"])
            #expect(try await lab.natctl("unmap tcp 8080").status == 0)
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("hears nothing but the PCP request when it answers at once")
    func quiet() async throws {
        try await Lab.run(.filter("udp dport 1900 counter accept")) { lab in
            let mapped = try await lab.natctl("map tcp 8080 -q")
            #expect(mapped.lines == ["8080"])
            #expect(try await lab.requestCount() == 0)
        }
    }
}
