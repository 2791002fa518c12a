import NATTraversalSupport
import TestSupport

@testable import NATTraversal
@testable import natctl

extension Screen {
    static let all: [Screen] =
        externalAddress + map + unmap + list + interfaces + gateway + scan + call + events

    private static let router = GatewayAddress.test("192.168.1.1")
    private static let silence = PortMapperError.noAnswer(gateway: router, after: .seconds(3))
    private static let deviceSilence = PortMapperError.noAnswer(
        gateway: router, technique: .upnp, after: .seconds(3))
    private static let vpn = GatewayAddress.test("10.8.0.1")

    private static func refusal(_ technique: Technique, _ code: Int, _ name: String)
        -> PortMapperError
    {
        .refused(GatewayRefusal(gateway: router, technique: technique, code: code, name: name))
    }

    private static func ip(_ text: String) -> IPAddress {
        guard let address = IPAddress(text) else { fatalError("no address: \(text)") }
        return address
    }

    private static func port(_ number: UInt16) -> PortNumber {
        guard let port = PortNumber(rawValue: number) else { fatalError("no port: \(number)") }
        return port
    }

    /// A screen of a command that found out nothing but why not.
    private static func failing(_ name: String, _ kind: DocumentKind, _ error: PortMapperError)
        -> Screen
    {
        Screen(name, CommandFailure(kind: kind, error: error))
    }

    private static let externalAddress = [
        Screen(
            "external-ip-success",
            ExternalAddressOutput(
                ExternalAddress(
                    address: ip("198.51.100.7"), technique: .pcp, gateway: router, warnings: []))),
        Screen(
            "external-ip-warning",
            ExternalAddressOutput(
                ExternalAddress(
                    address: ip("192.168.178.20"), technique: .natPMP, gateway: router,
                    warnings: [
                        .doubleNAT(ip("192.168.178.20"), gateway: router.address, outer: nil)
                    ]))),
        Screen(
            "external-ip-all",
            AllExternalAddressesOutput([
                ExternalAddress(
                    address: ip("198.51.100.7"), technique: .natPMP, gateway: router, warnings: []),
                ExternalAddress(
                    address: ip("203.0.113.200"), technique: .upnp, gateway: router, warnings: []),
            ])),
        failing("external-ip-refusal", .externalIP, refusal(.natPMP, 3, "NETWORK_FAILURE")),
        failing("external-ip-silence", .externalIP, silence),
        failing("external-ip-no-gateway", .externalIP, .noGateway),
    ]

    private static func mapping(
        _ transport: TransportProtocol, _ number: UInt16, lifetime: Int64? = 7199,
        technique: Technique? = .pcp, gateway: GatewayAddress = router, from host: String? = nil,
        description: String? = nil
    ) -> Mapping {
        Mapping(
            transport: transport, internalAddress: ip(host ?? "192.168.1.10"),
            internalPort: port(number), externalAddress: ip("198.51.100.7"),
            externalPort: port(number), remoteHost: nil, lifetime: lifetime.map { .seconds($0) },
            expiry: nil, technique: technique, gateway: gateway, description: description,
            isMine: technique != nil)
    }

    private static func report(
        _ mappings: [Mapping] = [],
        failing failures: [(TransportProtocol, UInt16, PortMapperError)] = [],
        _ warnings: [MapperWarning] = []
    ) -> MappingReport {
        var report = MappingReport()
        report.mappings = mappings
        report.failures = failures.map {
            .init(transport: $0.0, internalPort: port($0.1), error: $0.2)
        }
        report.warnings = warnings
        return report
    }

    private static let map = [
        Screen(
            "map-success",
            MappingOutput(
                kind: .map,
                report: report([
                    mapping(.tcp, 8080, lifetime: 7200), mapping(.udp, 51820, lifetime: 5400),
                ]))),
        Screen(
            "map-warning",
            MappingOutput(
                kind: .map,
                report: report(
                    [mapping(.tcp, 22, lifetime: 3600)],
                    [
                        .shorterLifetime(
                            .tcp, port(22), grantedSeconds: 3600, askedSeconds: 7200),
                        .sensitivePort(port(22), service: "SSH"),
                    ]))),
        Screen(
            "map-refusal",
            MappingOutput(
                kind: .map,
                report: report(
                    [mapping(.udp, 8080, lifetime: 7200)],
                    failing: [8080, 8081, 8082, 8443].map {
                        (.tcp, $0, refusal(.pcp, 2, "NOT_AUTHORIZED"))
                    } + [(.udp, 53, refusal(.pcp, 11, "CANNOT_PROVIDE_EXTERNAL"))]))),
        Screen(
            "map-silence",
            MappingOutput(kind: .map, report: report(failing: [(.tcp, 8080, silence)]))),
        failing("map-no-gateway", .map, .noGateway),
    ]

    private static let unmap = [
        Screen("unmap-success", UnmapOutput(report: report([mapping(.tcp, 8080)]))),
        Screen("unmap-nothing", UnmapOutput(report: report())),
        Screen(
            "unmap-warning",
            UnmapOutput(
                report: report([], [.leaseOfAbsentGateway(mapping(.tcp, 8080, gateway: vpn))]))),
        Screen(
            "unmap-refusal",
            UnmapOutput(
                report: report(failing: [
                    (
                        .tcp, 8080,
                        .foreign(
                            gateway: router, externalPort: port(8080), client: ip("192.168.1.20"))
                    )
                ]))),
        Screen("unmap-silence", UnmapOutput(report: report(failing: [(.tcp, 8080, silence)]))),
        failing("unmap-no-gateway", .unmap, .noGateway),
    ]

    private static let table = [
        mapping(.tcp, 8080, description: "natctl tcp 8080"),
        mapping(.udp, 51820, lifetime: 604_000, description: "WireGuard at home, for the family"),
        mapping(
            .tcp, 32400, lifetime: nil, technique: nil, from: "192.168.1.20",
            description: "Plex Media Server \u{1B}[31m"),
    ]

    private static let list = [
        Screen("list-success", MappingListOutput(report: report(table))),
        Screen(
            "list-several-gateways",
            MappingListOutput(
                report: report(
                    table + [
                        mapping(.tcp, 9000, lifetime: 61, technique: .natPMP, gateway: vpn),
                        mapping(.tcp, 9100, gateway: .test("192.168.43.1")),
                    ]), absentGateways: [.test("192.168.43.1")])),
        Screen(
            "list-warning",
            MappingListOutput(
                report: report([table[0]], [.leasesOnly(router, because: silence)]))),
        Screen("list-nothing", MappingListOutput(report: report())),
        failing("list-refusal", .list, refusal(.upnp, 606, "ActionNotAuthorized")),
        failing("list-silence", .list, deviceSilence),
        failing("list-no-gateway", .list, .noGateway),
    ]

    private static func interface(
        _ name: String, _ index: UInt32, _ address: String, _ prefixLength: Int,
        isUp: Bool = true, isBest: Bool = false
    ) -> NetworkInterface {
        var interface = NetworkInterface(
            InterfaceAddress(
                interfaceIndex: index, address: ip(address), peer: nil,
                prefixLength: prefixLength, flags: 0),
            of: InterfaceLink(index: index, name: name, flags: isUp ? 1 : 0))
        if isBest { interface.bestReason = "a test" }
        return interface
    }

    private static let interfaces = [
        Screen(
            "list-interfaces-success",
            InterfaceListOutput(
                [
                    interface("eth0", 2, "192.168.1.10", 24, isBest: true),
                    interface("eth0", 2, "2001:db8:85a3:8d3:1319:8a2e:370:7348", 64, isBest: true),
                    interface("wg0", 3, "10.8.0.2", 24),
                    interface("eth1", 4, "10.0.0.1", 8, isUp: false),
                ], all: true)),
        Screen("list-interfaces-nothing", InterfaceListOutput([], all: false)),
    ]

    private static func answer(
        _ technique: Technique, milliseconds: Double? = nil, address: String? = nil,
        _ problem: PortMapperError? = nil
    ) -> GatewayReport.TechniqueReport {
        GatewayReport.TechniqueReport(
            technique: technique, isAvailable: milliseconds != nil,
            roundTrip: milliseconds.map { .milliseconds($0) },
            epochSeconds: technique == .upnp || milliseconds == nil ? nil : 93_784,
            externalAddress: address.map(ip), problem: problem)
    }

    private static func candidate(
        _ answers: [GatewayReport.TechniqueReport], rank: Int = 1,
        address: String = "192.168.1.1", device: GatewayReport.Device? = box,
        outer: String? = nil
    ) -> GatewayReport {
        var report = GatewayReport(
            address: ip(address), interface: rank == 1 ? "eth0" : "wg0",
            localAddress: ip("192.168.1.10"), rank: rank,
            reason: rank == 1
                ? "the default route, metric 100" : "another default route, metric 200",
            techniques: answers, device: device)
        report.outerRouter = outer.map(ip)
        return report
    }

    private static let box = GatewayReport.Device(
        friendlyName: "FRITZ!Box 7590 AX", manufacturer: "AVM Berlin",
        modelName: "FRITZ!Box 7590 AX", location: "http://192.168.1.1:49000/igddesc.xml",
        connectionStatus: "Connected", uptimeSeconds: 273_845)

    private static let closed = SystemError("receive", code: 111)

    private static func answers(address: String) -> [GatewayReport.TechniqueReport] {
        [
            answer(.pcp, milliseconds: 0.84), answer(.natPMP, milliseconds: 0.61, address: address),
            answer(.upnp, milliseconds: 57.2, address: address),
        ]
    }

    private static let noAnswers = [
        answer(.pcp, .closed(gateway: router, cause: closed)),
        answer(.natPMP, .closed(gateway: router, cause: closed)), answer(.upnp, silence),
    ]

    private static func drawn(_ name: String, _ reports: GatewayReport...) -> Screen {
        Screen(name, GatewayOutput(reports: reports))
    }

    private static let gateway = [
        drawn("gateway-success", candidate(answers(address: "11.22.33.1"))),
        drawn(
            "gateway-double-nat",
            candidate(answers(address: "192.168.178.20"), outer: "192.168.178.1")),
        drawn("gateway-carrier-nat", candidate(answers(address: "100.70.1.2"))),
        drawn("gateway-reserved", candidate(answers(address: "198.18.0.1"))),
        drawn(
            "gateway-warning",
            candidate([
                answer(.natPMP, milliseconds: 1, address: "11.22.33.1"),
                answer(.upnp, milliseconds: 20, address: "11.22.33.9"),
            ])),
        drawn(
            "gateway-refusal",
            candidate(
                [
                    answer(.pcp, milliseconds: 1.2, refusal(.pcp, 7, "NETWORK_FAILURE")),
                    answer(
                        .natPMP, milliseconds: 1,
                        .noExternalAddress(gateway: router, technique: .natPMP)
                    ),
                    answer(.upnp, .unsupported(gateway: router, technique: .upnp)),
                ], device: nil)),
        drawn("gateway-silence", candidate(noAnswers, device: nil)),
        drawn(
            "gateway-denial",
            candidate(
                [
                    answer(.pcp, milliseconds: 1, refusal(.pcp, 2, "NOT_AUTHORIZED")),
                    answer(.natPMP, milliseconds: 1, refusal(.natPMP, 4, "OUT_OF_RESOURCES")),
                    answer(.upnp, .system(closed)),
                ], device: nil)),
        drawn(
            "gateway-nonsense",
            candidate(
                [
                    answer(
                        .pcp,
                        .badAnswer(gateway: router, technique: .pcp, problem: "version: 7")),
                    answer(.natPMP),
                    answer(.upnp, .closed(gateway: router, technique: .upnp, cause: closed)),
                ], device: nil)),
        drawn(
            "gateway-pcp-alone",
            candidate([answer(.pcp, milliseconds: 0.9)], device: nil)),
        drawn(
            "gateway-several", candidate(answers(address: "11.22.33.1")),
            candidate(noAnswers, rank: 2, address: "10.8.0.1", device: nil)),
        failing("gateway-no-gateway", .gateway, .noGateway),
    ]

    private static func device(_ path: String, hasActions: Bool = false) -> UPnPDevice {
        let text = """
            <root><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1\
            </deviceType><friendlyName>Home router</friendlyName><modelName>MiniUPnPd</modelName>\
            <service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>\
            <controlURL>/c</controlURL></service><service>\
            <serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType>\
            <controlURL>/i</controlURL></service></device></root>
            """
        do {
            let location = try HTTPURL("http://192.168.1.1:5000/\(path)")
            return UPnPDevice(
                try DeviceDescription(parsing: Array(text.utf8), from: location), at: location,
                from: location.host, http: HTTPClient())
        } catch { fatalError("\(error)") }
    }

    private static let scan = [
        Screen("upnp-scan-success", ScannedDevices(devices: [device("rootDesc.xml")])),
        Screen(
            "upnp-scan-warning",
            ScannedDevices(devices: [
                UPnPDevice(at: device("slow.xml").location, problem: deviceSilence)
            ]), UPnPScanOutput(rows: [], ignored: 12, searchTime: nil)),
        Screen(
            "upnp-scan-silence", UPnPScanOutput(rows: [], ignored: 0, searchTime: .seconds(3))),
        Screen(
            "upnp-scan-refusal",
            ScannedDevices(devices: [
                UPnPDevice(
                    at: device("rootDesc.xml").location, problem: refusal(.upnp, 401, "HTTP"))
            ])),
        failing("upnp-scan-no-gateway", .upnpScan, .noGateway),
    ]

    private static let call = [
        Screen(
            "upnp-call-success",
            UPnPCallOutput(
                service: "s", action: "GetStatusInfo",
                results: [
                    UPnPArgument("NewConnectionStatus", "Connected"),
                    UPnPArgument("NewUptime", "5"),
                    UPnPArgument("NewLastConnectionError", "an error\u{1B}[2J"),
                ], warnings: [])),
        Screen(
            "upnp-call-warning",
            UPnPCallOutput(
                service: "s", action: "a",
                results: [UPnPArgument("Text", String(repeating: "word ", count: 30))],
                warnings: [.unchecked])),
        failing("upnp-call-refusal", .upnpCall, refusal(.upnp, 402, "Invalid Args")),
        failing("upnp-call-silence", .upnpCall, deviceSilence),
        failing("upnp-call-no-gateway", .upnpCall, .noGateway),
        failing("upnp-call-no-service", .upnpCall, .noSuchService("WANIPConnection")),
    ]

    private static let events = [
        Screen("events", EventList(events: MapperEvent.samples))
    ]
}

/// What `upnp-scan` shows while devices answer.
private struct ScannedDevices: CommandOutput {
    let kind = DocumentKind.upnpScan
    var devices: [UPnPDevice]

    func lines(on page: Page) -> [StyledLine] {
        devices.flatMap { UPnPScanOutput.Row(device: $0).lines(on: page) }
    }
    var quietLines: [String] { [] }
    var document: [String: JSONValue] { [:] }
}

/// The lines of `map --keep` and `watch`, wherever the test runs at the same time of day.
private struct EventList: CommandOutput {
    let kind = DocumentKind.event
    var events: [MapperEvent]

    func lines(on page: Page) -> [StyledLine] {
        events.compactMap(\.change.line).map { line in
            (StyledLine("2026-11-25 18:00:00  ", .secondary) + line).hanging(21)
        }
    }
    var quietLines: [String] { [] }
    var document: [String: JSONValue] { [:] }
    var warnings: [MapperWarning] { events.compactMap(\.change.warning) }
}
