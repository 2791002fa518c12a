import Foundation
import TestSupport
import Testing

/// What a fault's option makes of the wire.
struct FaultOption: Sendable, CustomTestStringConvertible {
    var options: String
    var questions: [String]
    var lines: [String]

    var testDescription: String { options }

    init(_ options: String, _ exchanges: KeyValuePairs<String, String>) {
        self.options = options
        questions = exchanges.map(\.key)
        lines = exchanges.map(\.value)
    }

    private static let zeros = "000000000000000000000000"
    private static let client = "00000000000000000000ffff7f000001"
    private static let nonce = "000102030405060708090a0b"
    /// A MAP request for TCP 8080 with no wish about the address, without its lifetime.
    private static let map = client + nonce + "060000001f901f90" + anyAddress
    private static let anyAddress = "00000000000000000000ffff00000000"
    private static let external = "00000000000000000000ffff7f000002"
    private static let natpmpMap = "000200001f901f9000000e10"
    private static let natpmpGrant = "00820000000000001f901f9000000e10"

    static let all = [
        FaultOption(
            "--refuse pcp-map=200,lifetime=77,times=1",
            [
                "0201000000000e10" + map: "028100c80000004d00000000" + zeros + nonce
                    + "060000001f901f90" + anyAddress,
                "0201000000000e10" + map: "0281000000000e1000000000" + zeros + nonce
                    + "060000001f901f90" + external,
            ]),
        FaultOption(
            "--refuse pcp-map=8,lifetime=0",
            [
                "0201000000000e10" + map: "028100080000000000000000" + zeros + nonce
                    + "060000001f901f90" + anyAddress, "table": "0",
            ]),
        FaultOption(
            "--refuse-any-address",
            [
                "0201000000000e10" + map: "0281000b0000001e00000000" + zeros + nonce
                    + "060000001f901f90" + anyAddress, "table": "0",
            ]),
        FaultOption(
            "--grant-port zero",
            [
                "0201000000000e10" + map: "0281000000000e1000000000" + zeros + nonce
                    + "060000001f900000" + external,
                natpmpMap: "00820000000000001f90000000000e10", "table": "0",
            ]),
        FaultOption(
            "--delay-answer pcp-delete=3000",
            [
                "0201000000000e10" + map: "0281000000000e1000000000" + zeros + nonce
                    + "060000001f901f90" + external,
                "0201000000000000" + map: "028100000000000000000000" + zeros + nonce
                    + "060000001f901f90" + anyAddress + " late", "table": "0",
            ]),
        FaultOption(
            "--refuse nat-pmp-map=65535,times=1",
            [natpmpMap: "0082ffff000000001f901f9000000e10", natpmpMap: natpmpGrant]),
        FaultOption(
            "--delete-by-granted-port",
            [
                natpmpMap: natpmpGrant,
                "000200001f90000000000000": "00820003000000001f90000000000000", "table": "1",
                "000200001f901f9000000000": "00820000000000001f90000000000000", "table": "0",
            ]),
        FaultOption("--spoil-action AddPortMapping=page", ["add 60": "200 html", "table": "1"]),
        FaultOption("--spoil-action AddPortMapping=cut", ["add 60": "200 cut", "table": "1"]),
        FaultOption(
            "--spoil-action AddPortMapping=other-action",
            ["add 60": "200 GetStatusInfoResponse", "table": "1"]),
        FaultOption("--spoil-action AddPortMapping=500", ["add 60": "500 empty", "table": "1"]),
        FaultOption(
            "--spoil-action AddPortMapping=closed", ["add 60": "closed empty", "table": "1"]),
        FaultOption(
            "--delay-action AddPortMapping=60000", ["add 60": "hung empty", "table": "1"]),
        FaultOption(
            "--drop-timed",
            [
                "add 60": "200 AddPortMappingResponse", "table": "0",
                "add 0": "200 AddPortMappingResponse", "table": "1",
            ]),
        FaultOption(
            "--lease-text 86400", ["add 60": "200 AddPortMappingResponse", "lease": "'86400'"]),
        FaultOption("--lease-text=-1", ["add 60": "200 AddPortMappingResponse", "lease": "'-1'"]),
        FaultOption("--lease-text ", ["add 60": "200 AddPortMappingResponse", "lease": "''"]),
        FaultOption(
            "--fail-description hung=1",
            ["get /rootDesc.xml": "hung cut", "get /rootDesc.xml": "200 whole"]),
        FaultOption(
            "--fail-description cut=1",
            ["get /rootDesc.xml": "200 cut", "get /rootDesc.xml": "200 whole"]),
        FaultOption(
            "--fail-description 503=1",
            ["get /rootDesc.xml": "503 whole", "get /rootDesc.xml": "200 whole"]),
        FaultOption("--delay-answer description=60000", ["get /rootDesc.xml": "hung cut"]),
        FaultOption("--delay-answer upnp-map=60000", ["add 60": "hung empty", "table": "1"]),
        FaultOption("--delay-answer search=3000", ["search": "HTTP/1.1 200 OK late"]),
        FaultOption(
            "--closed-http-port",
            ["search": "HTTP/1.1 200 OK", "get /rootDesc.xml": "refused cut"]),
    ]
}

@Suite("gateway-simulator, its faults") struct SimulatorOptionTests {
    @Test("shows on the wire what its option says", arguments: FaultOption.all)
    func showsFault(option: FaultOption) async throws {
        try await Judge.need(["ip", "python3"])
        let outcome = try await BuiltTool.run(
            Judge.tool("alone"),
            [ProjectFiles.simulator.path, "--port", "5351", "--search-port", "1900"]
                + ["--epoch-rate", "0"]
                + option.options.split(separator: " ", omittingEmptySubsequences: false)
                .map(String.init)
                + ["--", "python3", Judge.tool("wire.py").path] + option.questions)
        #expect(outcome.errors == "")
        #expect(outcome.lines == option.lines)
    }

    @Test(
        "says how an option is written that it does not understand",
        arguments: [
            (
                "--refuse pcp-map",
                "'pcp-map' is not OPERATION=CODE[,lifetime=SECONDS][,times=COUNT]."
            ),
            ("--refuse nat-pmp-map=2,lifetime=8", "only PCP's refusals have a lifetime"),
            ("--refuse pcp-map=70000", "is not OPERATION=CODE"),
            ("--refuse pcp-map=8,when=2", "'when=2' is not OPERATION=CODE"),
            ("--refuse-renewals 8", "'8' is not CODE=COUNT."),
            ("--refuse-action AddPortMapping=x", "'AddPortMapping=x' is not ACTION=CODE."),
            ("--delay-action AddPortMapping", "'AddPortMapping' is not ACTION=MILLISECONDS."),
            ("--delay-answer lunch=1", "'lunch=1' is not OPERATION=MILLISECONDS."),
            ("--spoil-action AddPortMapping=milk", "'AddPortMapping=milk' is not ACTION=HOW."),
            ("--fail-description 504", "'504' is not FAULT[=COUNT]."),
            ("--listen lunch", "'lunch' is not an address."),
        ])
    func explains(options: String, text: String) async throws {
        let outcome = try await BuiltTool.run(
            ProjectFiles.simulator,
            options.split(separator: " ").map(String.init) + ["--", "true"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(text))
    }
}
