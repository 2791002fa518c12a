import Foundation
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

@Suite("What the UPnP commands print") struct UPnPOutputTests {
    /// A device that calls itself this, with a service of this type.
    private func device(
        _ name: String, type: String = "urn:schemas-upnp-org:service:WANIPConnection:1",
        control: String = "/c"
    ) throws -> UPnPDevice {
        // References, because a document may not hold the characters themselves.
        let escaped = name.unicodeScalars.map { "&#\($0.value);" }.joined()
        let text = """
            <root><device><deviceType>t</deviceType><friendlyName>\(escaped)</friendlyName>\
            <modelName>\(escaped)</modelName><service><serviceType>\(type)</serviceType>\
            <controlURL>\(control)</controlURL></service></device></root>
            """
        let location = try HTTPURL("http://192.168.1.1:5000/d.xml")
        let description = try DeviceDescription(parsing: Array(text.utf8), from: location)
        var device = UPnPDevice(
            description, at: location, from: location.host, http: HTTPClient())
        device.server = name
        return device
    }

    /// Whether a terminal shows the text as it is (T-6).
    private func isHarmless(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x20: scalar == "\n"
            case 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: false
            default: true
            }
        }
    }

    private static let hostileNames = [
        "\u{9B}31mred \u{85}next\u{202E}gnp.exe",
        "Router\n2026-11-22 00:00:00 natctl: mapping ok 203.0.113.9:22",
        "a\tb\rc", "zero\u{200B}width", "\u{2028}line", String(repeating: "long ", count: 400),
    ]

    @Test(
        "a device's texts stand in quotes on its first line, without a control of the terminal (T-6, T-7)",
        arguments: hostileNames)
    func line(name: String) throws {
        let row = UPnPScanOutput.Row(device: try device(name))
        let lines = row.lines(on: Page(columns: 80)).map(\.text)
        #expect(lines.dropFirst() == ["    WANIPConnection:1"])
        let line = try #require(lines.first)
        #expect(isHarmless(line) && !line.contains("\n"))
        #expect(line.hasPrefix("\"") && line.hasSuffix("\"  http://192.168.1.1:5000/d.xml"))
        #expect(line.unicodeScalars.count < 1200)
    }

    @Test("a document holds the whole text, escaped", arguments: hostileNames)
    func document(name: String) throws {
        let output = UPnPScanOutput(rows: [.init(device: try device(name))], ignored: 0)
        let text = try #require(OutputFormat.json.render(output))
        #expect(isHarmless(text))
        let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
        #expect(document.devices?.first?.friendlyName == name.trimmingCharacters(in: .whitespaces))
    }

    @Test("a service type that is no name stands in quotes")
    func hostileType() throws {
        let row = UPnPScanOutput.Row(device: try device("x", type: "a  b\u{9B}"))
        #expect(row.lines(on: Page()).map(\.text).last == "    \"a  b\\u{9B}\"")
    }

    @Test("a refused service says why, and shows its URL as it was spelled (D-3)")
    func refusal() throws {
        let output = UPnPScanOutput(
            rows: [.init(device: try device("x", control: "http://10.0.0.1/x"))], ignored: 0)
        let text = try #require(OutputFormat.json.render(output))
        let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
        let service = try #require(document.devices?.first?.services.first)
        #expect(service.refused == "another-host")
        #expect(service.controlURL == "http://10.0.0.1/x")
        #expect(service.actions == nil)
    }

    @Test("what was not looked at is a warning")
    func truncation() {
        let output = UPnPScanOutput(rows: [], ignored: 3)
        #expect(output.warnings.map(\.code.rawValue) == ["truncated"])
    }

    @Test("a text that was cut is a warning, whichever of the device's texts it is (T-6)")
    func cutTexts() throws {
        let long = String(repeating: "x", count: 4097)
        for device in [try device(long), try device("x", type: long)] {
            let output = UPnPScanOutput(rows: [.init(device: device)], ignored: 0)
            let text = try #require(OutputFormat.json.render(output))
            let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
            #expect(document.warnings?.map(\.code) == ["truncated"])
        }
        let whole = try device(String(repeating: "x", count: 4096))
        #expect(UPnPScanOutput(rows: [.init(device: whole)], ignored: 0).warnings.isEmpty)
    }

    @Test("results are lines of names and values, harmless whatever they hold (T-6)")
    func results() {
        let output = UPnPCallOutput(
            service: "s", action: "a",
            results: [
                UPnPArgument("NewExternalIPAddress", "203.0.113.9"), UPnPArgument("Empty", ""),
                UPnPArgument("Words", "a b"), UPnPArgument("Hostile\u{9B}", "x\nNewY=1\u{1B}[2J"),
            ], warnings: [])
        #expect(
            output.lines(on: Page()).map(\.text) == [
                "NewExternalIPAddress=203.0.113.9", "Empty=", "Words=a b",
                "\"Hostile\\u{9B}\"=\"x\\u{A}NewY=1\\u{1B}[2J\"",
            ])
        #expect(output.quietLines.first == "203.0.113.9")
    }

    @Test("long values are cut for people alone")
    func longValues() {
        let long = String(repeating: "x", count: 70)
        let results = [UPnPArgument("A", long), UPnPArgument("B", "\u{9B}\(long)")]
        let output = UPnPCallOutput(
            service: "s", action: "a", results: results, warnings: [])
        let whole = output.lines(on: Page()).map(\.text)
        #expect(whole == ["A=\(long)", "B=\"\\u{9B}\(long)\""])
        let cut = long.prefix(63)
        let shown = output.lines(on: Page(columns: 80)).map(\.text)
        #expect(shown == ["A=\"\(cut)x…\"", "B=\"\\u{9B}\(cut)…\""])
        #expect(output.lines(on: Page(columns: 120)).map(\.text) == whole)
    }

    @Test("long names of a device are cut for people alone")
    func longNames() throws {
        let long = String(repeating: "x", count: 70)
        let line = UPnPScanOutput.Row(device: try device(long)).lines(on: Page()).first
        #expect(line?.text.hasPrefix("\"\(long)\"  http") == true)
    }

    @Test("a wrong call is told in one line, with what would be right")
    func usage() {
        let errors: [UPnPUsageError] = [
            .noSuchAction("x\n", actions: ["Get", "Set\u{9B}"]), .missingArgument("A"),
            .unknownArgument("B", arguments: []), .repeatedArgument("C"),
            .value(UPnPArgument("D", "\u{1B}"), allowed: ["TCP", "UDP"]),
            .number(UPnPArgument("E", "0"), range: 1...2), .inexpressible("\u{202E}"),
        ]
        for error in errors {
            #expect(isHarmless(error.description) && !error.description.contains("\n"))
        }
        #expect(
            errors[4].description == "D cannot be \"\\u{1B}\"; the service allows TCP, UDP")
        #expect(errors[5].description == "E is a number from 1 to 2, not \"0\"")
    }
}
