import Foundation
import TestSupport
import Testing

@Suite("UPnP on a real LAN", .needsLab, .timeLimit(.minutes(30))) struct UPnPTests {
    @Test(
        "upnp-scan lists the router and its services with their actions",
        arguments: ["", "force_igd_desc_v1=yes"])
    func scan(config: String) async throws {
        try await Lab.run(config.isEmpty ? [] : [.config(config)]) { lab in
            let scan = try await lab.natctl("upnp-scan --scan-time 2s --actions --json")
            #expect(scan.status == 0, "\(scan.errors)")
            let devices = try #require(scan.document.devices)
            #expect(devices.count == 1)
            let services = try #require(devices.first?.services)
            let version = config.isEmpty ? 2 : 1
            let type = "urn:schemas-upnp-org:service:WANIPConnection:\(version)"
            let connection = try #require(services.first { $0.type == type })
            #expect(connection.refused == nil)
            let actions = connection.actions?.map(\.name) ?? []
            #expect(actions.contains("AddPortMapping"))
            #expect(actions.contains("AddAnyPortMapping") == config.isEmpty)
            #expect(services.allSatisfy { $0.actions != nil })

            let quiet = try await lab.natctl("upnp-scan --scan-time 2s --quiet")
            #expect(quiet.lines == devices.map(\.location))
            let text = try await lab.natctl("upnp-scan --scan-time 2s")
            #expect(text.lines.filter { !$0.hasPrefix(" ") }.count == 1)
            #expect(text.lines.contains("    WANIPConnection:\(version)"))
        }
    }

    @Test("upnp-scan lists a media server beside the router", .needsMediaServer)
    func mediaServer() async throws {
        try await Lab.run(.secondClient) { lab in
            _ = try await lab.start("media-server", on: .client2)
            let devices = try await lab.wait(forDevices: 2)
            let types = devices.compactMap(\.deviceType)
            #expect(types.contains("urn:schemas-upnp-org:device:MediaServer:1"))
            let server = try #require(devices.first { $0.deviceType?.contains("Media") == true })
            let names = server.services.compactMap { $0.type.split(separator: ":").dropLast().last }
            #expect(names.contains("ContentDirectory") && names.contains("ConnectionManager"))
            #expect(server.services.allSatisfy { $0.actions?.isEmpty == false })

            // A name that only the media server has, and one that only the router has.
            let protocols = try await lab.natctl("upnp-call ConnectionManager GetProtocolInfo")
            #expect(protocols.status == 0, "\(protocols.errors)")
            #expect(protocols.lines.contains { $0.hasPrefix("Source=") })
            let address = try await lab.natctl("upnp-call WANIPConnection GetExternalIPAddress")
            #expect(address.lines == ["NewExternalIPAddress=11.22.33.1"])
        }
    }

    @Test("a gateway that is named is the one that is called and scanned")
    func names() async throws {
        try await Lab.run(.secondRouter) { lab in
            let call = "upnp-call WANIPConnection GetExternalIPAddress -q"
            let first = try await lab.natctl("\(call) --gateway 192.168.77.1")
            #expect(first.lines == ["11.22.33.1"], "\(first.errors)")
            let second = try await lab.natctl("\(call) --gateway 192.168.77.2")
            #expect(second.lines == ["44.55.66.1"], "\(second.errors)")
            let variable = try await lab.on(
                .client, "env NATCTL_GATEWAY=192.168.77.2 \(Lab.natctl.path) \(call)")
            #expect(variable.lines == ["44.55.66.1"])
            let scan = try await lab.natctl("upnp-scan --gateway 192.168.77.2 --scan-time 1s -q")
            #expect(scan.output.contains("http://192.168.77.2"), "\(scan.errors)")
        }
    }

    @Test("upnp-call passes results and refusals on, and checks what it is given")
    func calls() async throws {
        try await Lab.run { lab in
            let call = "upnp-call WANIPConnection"
            let address = try await lab.natctl("\(call) GetExternalIPAddress -q")
            #expect(address.lines == ["11.22.33.1"])

            let entry = "\(call) GetSpecificPortMappingEntry NewRemoteHost= NewProtocol=TCP"
            let missing = try await lab.natctl("\(entry) NewExternalPort=4000 --json")
            #expect(missing.status == 77)
            #expect(try missing.document.error?.gatewayCode == 714)
            #expect(try missing.document.error?.gatewayCodeName == "NoSuchEntryInArray")

            for words in [
                "\(call) Nonsense", entry, "\(entry) NewExternalPort=70000",
                "\(entry) NewExternalPort=1 NewX=1", "upnp-call http://router/ctl Get",
                "\(call) GetExternalIPAddress x",
            ] {
                let outcome = try await lab.natctl(words)
                #expect(outcome.status == 64, "\(words): \(outcome.errors)")
                #expect(outcome.output.isEmpty)
            }
            let unknown = try await lab.natctl("upnp-call NoSuchService Get")
            #expect(unknown.status == 69)
        }
    }

    @Test("upnp-call takes a type and a control URL for the short name")
    func serviceNames() async throws {
        try await Lab.run { lab in
            let scan = try await lab.natctl("upnp-scan --scan-time 1s --json")
            let services = try #require(scan.document.devices?.first?.services)
            let connection = try #require(services.first { $0.type.contains("WANIPConnection") })
            for name in [connection.type, connection.controlURL ?? "", "wanipconnection"] {
                let outcome = try await lab.natctl("upnp-call \(name) GetExternalIPAddress -q")
                #expect(outcome.lines == ["11.22.33.1"], "\(name): \(outcome.errors)")
            }
        }
    }
}

extension Lab {
    /// Scans until so many devices answer with all their actions.
    fileprivate nonisolated func wait(forDevices count: Int) async throws -> [Document.Device] {
        var devices: [Document.Device] = []
        try await wait(for: "\(count) devices") {
            let scan = try await natctl("upnp-scan --scan-time 2s --actions --json")
            devices = try scan.document.devices ?? []
            return devices.count >= count
        }
        return devices
    }
}
