import Foundation
import GatewaySimulator
import Testing
import TestSupport

@Suite("Leases of natctl on the simulator") struct SimulatorLeaseTests {
    @Test("look for routes only where the table shows whose gateway is absent")
    func needNoRoutes() async throws {
        try await Judge.need(["ip"])
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            let state = ["NATCTL_GATEWAY": "", "NATCTL_STATE": tool.state.url.path]
            for (options, looks) in [("", true), ("-q", false), ("--json", false)] {
                let outcome = try await BuiltTool.run(
                    Judge.tool("alone"),
                    [
                        "sh", "-c",
                        "ip link add v0 type veth peer name v1 && ip link set v1 up "
                            + "&& ip addr add 192.0.2.2/24 dev v0 && ip link set v0 up "
                            + "&& ip route add default via 192.0.2.1 "
                            + "&& exec \(ProjectFiles.natctl.path) list --leases -v \(options)",
                    ], environment: state)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(
                    outcome.errors.contains("gateway 1: 192.0.2.1 on v0") == looks,
                    "\(options): \(outcome.errors)")
            }
        }
    }

    @Test("a hundred processes at once: all leases are there, none torn")
    func areShared() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                """
                for port in $(seq 20001 20100); do natctl map udp $port --json --timeout 60s & done
                wait
                """)
            let documents = try outcome.lines.map {
                try JSONDecoder().decode(Document.self, from: Data($0.utf8))
            }
            #expect(documents.count == 100, "\(outcome.errors)")
            #expect(documents.allSatisfy { $0.error == nil })
            #expect(documents.allSatisfy { $0.warnings?.isEmpty == true })
            let listed = try await tool.natctl("list --leases -q").lines
            #expect(listed.compactMap(Int.init).sorted() == Array(20001...20100))
            #expect(tool.gateway.mappings.count == 100)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: tool.state.url.path).sorted()
                    == ["leases.json", "leases.lock"])
        }
    }

    /// A full disk, as a shell says it before natctl runs; under ThreadSanitizer, which writes a file
    /// when it starts, there is none.
    static let fullDisk = Sanitizer.thread.isUsed ? nil : "ulimit -f 0; trap '' XFSZ;"

    /// What makes the lease file unusable for writing.
    static let obstacles =
        [
            "rm -f $NATCTL_STATE/*; rmdir $NATCTL_STATE; >$NATCTL_STATE;",
            "ln -sf /dev/null $NATCTL_STATE/leases.json;",
            "rm -f $NATCTL_STATE/leases.lock; mkdir $NATCTL_STATE/leases.lock;",
        ] + [fullDisk].compactMap(\.self)

    @Test("a file that cannot be written costs a warning, not the mapping", arguments: obstacles)
    func costAWarning(obstacle: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "(\(obstacle) exec natctl map tcp 8080 --json) | cat")
            #expect(try outcome.document.warnings?.map(\.code) == ["leaseFileUnusable"])
            #expect(try outcome.document.mappings?.map(\.externalPort) == [8080])
            #expect(try outcome.document.error == nil)
        }
    }

    @Test(
        "a renewal knows its nonce and port though the disk is full (N-9)",
        .enabled(if: fullDisk != nil))
    func areReadOnFullDisk() async throws {
        let fullDisk = try #require(Self.fullDisk)
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080 -e 9090")
            let outcome = try await tool.shell(
                "(\(fullDisk) exec natctl map tcp 8080 --lifetime 1h --json) | cat")
            #expect(try outcome.document.mappings?.map(\.externalPort) == [9090])
            #expect(try outcome.document.warnings?.map(\.code) == ["leaseFileUnusable"])
        }
    }

    @Test("an ordinary user who may not write the folder is warned alike")
    func areReadOnly() async throws {
        guard getuid() == 0 else { try Test.cancel("only root can become somebody else") }
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                """
                chmod 755 $NATCTL_STATE
                exec setpriv --reuid 65534 --regid 65534 --clear-groups natctl map tcp 8080 --json
                """)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.document.warnings?.map(\.code) == ["leaseFileUnusable"])
        }
    }

    @Test("a damaged file is moved aside with a warning, and the mapping is made")
    func areMovedAside() async throws {
        try await ToolBehindGateway.run { tool in
            try Data("torn".utf8).write(to: tool.state.url.appending(path: "leases.json"))
            let list = try await tool.natctl("list --leases --json")
            #expect(list.status == 74)
            #expect(try list.document.error?.code == "io")
            let outcome = try await tool.natctl("map tcp 8080 --json")
            #expect(outcome.status == 0)
            #expect(try outcome.document.warnings?.map(\.code) == ["leaseFileUnusable"])
            #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
            let names = try FileManager.default.contentsOfDirectory(
                atPath: tool.state.url.path)
            let aside = try #require(names.first { $0.hasPrefix("leases.json.damaged-") })
            #expect(try tool.state.text(aside) == "torn")
        }
    }

    @Test("the nonce is shown nowhere whole, and the file is the user's alone (T-13)")
    func areSecret() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("map tcp 8080 -vv --json")
            let nonce = try #require(tool.gateway.mappings.first?.nonce)
            let digits = nonce.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            let file = try tool.state.text("leases.json")
            #expect(file.contains(digits.joined()))
            for shown in [outcome.output, outcome.errors] {
                #expect(!shown.contains(digits.joined()))
                #expect(!shown.contains(digits.joined(separator: " ")))
                #expect(!shown.contains(digits.suffix(4).joined(separator: " ")))
            }
        }
    }
}
