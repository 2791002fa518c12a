import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

/// Every sentence about an error or a warning, in files that are read when they change.
@Suite("Sentences") struct SentenceTests {
    private static let gateway = GatewayAddress.test("192.168.1.1")
    private static let address = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_B214))
    private static let port = PortNumber.http
    private static let cause = SystemError("receive", code: 111)

    private static func refused(_ technique: Technique, _ codes: [Int]) -> [PortMapperError] {
        codes.map {
            .refused(
                GatewayRefusal(
                    gateway: gateway, technique: technique, code: $0,
                    name: $0 == 99 ? nil : "NAME"))
        }
    }

    /// A router refuses every mapping behind an address that nobody outside can reach.
    private static func behind(_ address: String) -> PortMapperError? {
        IPAddress(address).map {
            .refused(
                GatewayRefusal(
                    gateway: gateway, technique: .pcp, code: 8, name: "NO_RESOURCES",
                    externalAddress: $0))
        }
    }

    private static let errors: [PortMapperError] =
        [
            .noGateway, .onlyGatewaysOf(.ipv4), .onlyGatewaysOf(.ipv6),
            .noRouteBy(interface: "wg0", gateway: address, itsInterface: "eth0"),
            .behindBridge(.noAnswer(gateway: gateway, after: .seconds(3))),
            .behindBridge(.closed(gateway: gateway, cause: cause)),
            .noGlobalAddress(interface: "eth0", reason: "fd77::10 is unique-local"),
            .noGlobalAddress(interface: nil, reason: "it has no IPv6 address"),
            .unreachable(address, reason: "it is link-local"), .noSuchInterface("eth9"),
            .noSuchInterface("eth\u{1B}"),
            .closed(gateway: gateway, cause: cause),
            .closed(gateway: gateway, technique: .upnp, cause: cause),
            .unsupported(gateway: gateway, technique: .pcp),
            .unsupported(gateway: gateway, technique: .upnp),
            .noAnswer(gateway: gateway, after: .seconds(3)),
            .noAnswer(gateway: gateway, technique: .natPMP, after: .seconds(90)),
            .noAnswer(gateway: gateway, technique: .upnp, after: .milliseconds(1500)),
            .badAnswer(gateway: gateway, technique: .natPMP, problem: "it granted external port 0"),
            .portTaken(gateway: gateway, technique: .pcp, wanted: port, granted: 443),
            .foreign(gateway: gateway, externalPort: port, client: address),
            .noExternalAddress(gateway: gateway, technique: .pcp),
            .notPublic(address, gateway: gateway, technique: .natPMP),
            .unverifiable(.noAnswer(gateway: gateway, technique: .upnp, after: .seconds(3))),
            .unverifiable(.unsupported(gateway: gateway, technique: .upnp)),
            .inexpressible("NAT-PMP cannot limit a mapping to one peer"),
            .noSuchService("WANIPConnection"), .unmappedElsewhere(gateway: gateway),
            .system(cause),
            .leaseFile(path: "/var/lib/natctl/leases.json", problem: "it is damaged"),
        ] + ["192.168.178.20", "100.64.9.1", "198.18.0.1"].compactMap(behind)
        + refused(.pcp, Array(1...13) + [99]) + refused(.natPMP, [1, 2, 3, 4, 5, 99])
        + refused(.upnp, [402, 501, 602, 603, 606, 718, 724, 725, 726, 727, 728, 729, 732, 99])

    private static let warnings: [MapperWarning] = {
        guard let mapping = Mapping.sample(),
            let url = try? HTTPURL("http://192.168.1.1:5000/d.xml")
        else { return [] }
        return [
            .doubleNAT(address, gateway: gateway.address, outer: nil),
            .doubleNAT(address, gateway: gateway.address, outer: address),
            .carrierNAT(address, gateway: gateway.address),
            .leaseWithoutAnswer(mapping), .containerNetwork, .leasesOnly(nil, because: .noGateway),
            .repliesElsewhere(
                from: address, interface: "wg0", router: .v4(.loopback), gateway: gateway),
            .repliesElsewhere(from: address, interface: nil, router: nil, gateway: gateway),
            .reservedAddress(.v4(.loopback), gateway: gateway.address),
            .noExternalAddress(gateway: gateway.address), .firewallOff(.tcp, port),
            .stillOpen(mapping),
            .disagreement([address, .v4(.loopback)]), .permanentLease(.tcp, port),
            .unverified(.tcp, port), .filterUnproved(.udp, port, remoteHost: address),
            .notDefaultGateway(address),
            .shorterLifetime(.tcp, port, grantedSeconds: 3600, askedSeconds: 7200),
            .shorterLifetime(.tcp, port, grantedSeconds: 7200, askedSeconds: 7201),
            .differentExternalPort(.tcp, port, granted: 443, suggested: port),
            .differentPorts(port, tcp: 9000, udp: 9001),
            .sensitivePort(port, service: "SSH"), .misconfiguredGateway(gateway.address),
            .leaseFileUnusable(path: "/var/lib/natctl/leases.json", problem: "no space is left"),
            .leaseFileDamaged(movedTo: "/var/lib/natctl/leases.json.damaged"),
            .leaseFolderExposed(path: "/var/lib/natctl"), .leaseOfAbsentGateway(mapping),
            .leaseOfFormerAddress(mapping), .leasesOnly(gateway, because: nil),
            .leasesOnly(gateway, because: .noAnswer(gateway: gateway, after: .seconds(3))),
            .repointedLocation(url), .unchecked, .truncatedAnswers(3),
            .truncatedTable(entries: 1000, isBrokenOff: false),
            .truncatedTable(entries: 12, isBrokenOff: true), .unreadableEntries(1),
            .unreadableEntries(2),
            .truncatedTexts(of: address), .mappingFailed(.tcp, port, .noGateway),
            .hookFailed("the hook for mapped ended with 1"),
        ]
    }()

    /// The names of an enumeration's cases, as its source has them.
    private static func cases(of type: String, in path: String) throws -> Set<String> {
        let source = try ProjectFiles.text("Sources/NATTraversal/Mapper/\(path)")
        let body = try #require(source.split(separator: "public enum \(type)").last)
        let end = body.range(of: "\n}")?.lowerBound ?? body.endIndex
        let cases = body[..<end].matches(of: /\n    (?:indirect )?case ([a-zA-Z]+)/)
        return Set(cases.map { String($0.1) })
    }

    private static func name(_ error: PortMapperError) -> String {
        Mirror(reflecting: error).children.first?.label ?? "noGateway"
    }

    private static func name(_ warning: MapperWarning) -> String {
        String("\(warning)".prefix { $0 != "(" })
    }

    @Test("an error's says what happened and what to do, and its exit code is its kind's")
    func errors() throws {
        let lines = Self.errors.map { error in
            "\(error.endCode.rawValue) \(error.endCode.name): \(error.userMessage)"
        }
        try expectGolden(lines.joined(separator: "\n") + "\n", "errors.txt")
        #expect(
            Set(Self.errors.map(Self.name))
                == (try Self.cases(of: "PortMapperError", in: "PortMapperError.swift")))
    }

    @Test("a warning's says what went otherwise than expected")
    func warnings() throws {
        let lines = Self.warnings.map { "\($0.code.rawValue): \($0.message)" }
        try expectGolden(lines.joined(separator: "\n") + "\n", "warnings.txt")
        #expect(
            Set(Self.warnings.map(Self.name))
                == (try Self.cases(of: "MapperWarning", in: "MapperWarning.swift")))
    }

    /// Command lines that are refused, those of the other tests among them.
    private static let lines =
        MistakeTests.mistakes.map(\.line) + SimulatorUsageTests.wrong
        + SimulatorUsageTests.wrongPorts.map { "map \($0)" }
        + [
            "map tcp 80 --internal-address", "unmap --all tcp --external-port 80",
            "upnp-scan --target ü", "upnp-call ftp://x y",
        ]

    /// What is found to be wrong only when a command runs.
    private static let late: [ValidationError] = [
        .gatewayVariable("router.local"), .otherLocation(.ipv4), .otherLocation(.ipv6),
        .noZone("http://[fe80::1]:9/"), .ambiguous("WANIPConnection", []), .description,
    ]

    @Test("a command line's says what is wrong with it, and ends with 64")
    func mistakes() throws {
        var seen: Set<String> = []
        let lines = try Self.lines.filter { seen.insert($0).inserted }.compactMap { line in
            try MistakeTests.mistake(in: line).map { "natctl \(line)\n    \($0.sentence)" }
        }
        let late = Self.late.map { "later\n    \($0.message)" }
        try expectGolden((lines + late).joined(separator: "\n") + "\n", "mistakes.txt")
    }

    private static let remarks: [(code: EndCode?, sentence: String)] =
        [
            (nil, noMappings), (nil, noDevices(within: .seconds(3))), (nil, nothingUnmapped),
            (nil, noAddresses),
            (.io, unwritable("standard output", SystemError("write", code: 28))),
            (.io, unwritable("standard output", SystemError("write", code: 110))),
            (nil, notRun("serve", SystemError("execvp", code: 2))),
            (nil, PortMapperError.unmappedElsewhere(gateway: gateway).description),
            (.internal, bugMessage(CancellationError())), (.io, FileDescriptors().shortage),
        ]
        + [
            .notStarted(event: "mapped", SystemError("fork", code: 11)),
            .killedAtEnd(event: "mapped"), .tooSlow(event: "mapped", limit: .seconds(30)),
            .ended(event: "mapped", status: 1), .ended(event: "mapped", status: 137), .missed(3),
        ].map { (failure: Hook.Failure) in (nil, failure.message) }
        + endingReport.remarksAtEnd.map { (nil, $0) }

    private static let endingReport: MappingReport = {
        var report = MappingReport()
        report.warnings = [.unchecked]
        report.failures = [.init(transport: .tcp, internalPort: port, error: .noGateway)]
        return report
    }()

    @Test("natctl's own are about its work on this host")
    func ownRemarks() throws {
        let lines = Self.remarks.map { code, sentence in
            (code.map { "\($0.rawValue) \($0.name): " } ?? "")
                + sentence.replacing(/only [0-9]+ are left/, with: "only N are left")
        }
        try expectGolden(lines.joined(separator: "\n") + "\n", "remarks.txt")
    }

    @Test(
        "none is missing in these tables",
        arguments: [
            "natctl/Output/UserMessage", "natctl/Output/WarningMessage", "natctl/Output/Remark",
            "natctl/Output/UsageMessage", "natctl/Output/GatewayVerdict",
            "natctl/Arguments/Mistake", "NATTraversal/Mapper/PortMapperError",
        ])
    func areComplete(file: String) throws {
        let fixtures = ProjectFiles.root.appendingPathComponent("Tests/natctlTests/Fixtures")
        let names = try FileManager.default.subpathsOfDirectory(atPath: fixtures.path)
        let tables = try names.filter { $0.hasSuffix(".txt") }.map {
            try String(contentsOf: fixtures.appendingPathComponent($0), encoding: .utf8)
        }
        // A screen breaks its lines.
        let shown = tables.joined(separator: "\n").replacing(/\{[a-z]*\}/, with: "")
            .replacing(/[ \n]+/, with: " ")
        for part in SourceSentences(try ProjectFiles.text("Sources/\(file).swift")).parts {
            let words = part.replacing(/[ ]+/, with: " ")
            let isShown = shown.contains(words)
            #expect(isShown, "no case shows: \(part)")
        }
    }

    @Test("all are one line, without a full stop at the end or a control character")
    func areLines() {
        for sentence in Self.errors.map(\.userMessage) + Self.warnings.map(\.message) {
            #expect(
                !sentence.isEmpty && !sentence.hasSuffix(".") && !sentence.contains("Optional("))
            #expect(
                sentence.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        }
    }

    @Test(
        "failures begin with their ports, and alike ones are one",
        arguments: [
            ([(.tcp, 8080)], "tcp 8080"), ([(.tcp, 8080), (.tcp, 8081)], "tcp 8080-8081"),
            ([(.tcp, 8080), (.udp, 8080), (.tcp, 8081)], "tcp 8080-8081, udp 8080"),
            ([(.udp, 53), (.udp, 51)], "udp 53, 51"), ([(.tcp, 65535), (.tcp, 1)], "tcp 65535, 1"),
        ] as [([(TransportProtocol, UInt16)], String)])
    func foldsPorts(ports: [(TransportProtocol, UInt16)], text: String) {
        let ports = ports.compactMap { transport, number in
            PortNumber(rawValue: number).map { (transport, $0) }
        }
        #expect(portsText(ports) == text)
    }

    @Test(
        "whom natctl waits for",
        arguments: [
            ([PendingQuestion(.pcp, to: address)], "asking 192.168.178.20 by PCP, 3s left"),
            (
                [PendingQuestion(.upnp), PendingQuestion(.natPMP, to: address)],
                "asking 192.168.178.20 by NAT-PMP, searching for UPnP devices, 3s left"
            ),
            (
                Technique.allCases.map { PendingQuestion($0, to: address) },
                "asking 192.168.178.20 by PCP, NAT-PMP and UPnP, 3s left"
            ),
            (
                (0..<3).map { PendingQuestion(.upnp, to: .v4(IPv4Address(rawValue: $0))) },
                "asking 3 hosts, 3s left"
            ),
        ])
    func tellsWaiting(questions: [PendingQuestion], text: String) {
        #expect(waitingText(questions, rest: .milliseconds(2100)) == text)
    }
}
