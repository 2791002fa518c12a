import GatewaySimulator
import Testing

@testable import NATTraversal

@Suite("A held mapping read back on the simulator", .timeLimit(.minutes(10)))
struct SimulatorReadBackTests {
    @Test(
        "that the gateway's table lacks is told as lost, and made again",
        arguments: [Technique.upnp, nil])
    func isMissing(technique: Technique?) async throws {
        try await HoldBehindGateway.mapper(
            technique,
            configure: {
                // Where PCP has made it, nothing but the table shows the loss.
                if technique == nil { $0.techniques = [.pcp, .upnp] }
                $0.faults.keepsEpoch = true
            }
        ) { mapper, gateway in
            var options = HoldOptions()
            options.readBackInterval = .milliseconds(100)
            let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
            let held = try await mapper.hold(request, options: options)
            let mapping = try #require(await held.mappings.first)
            #expect(mapping.technique == technique ?? .pcp)
            var events = await held.events().makeAsyncIterator()
            #expect(await events.nextChange() == .mapped(mapping))
            // It must have been seen there once.
            let reads = gateway.log.count(.upnpRead)
            try await condition { gateway.log.count(.upnpRead) > reads + 1 }
            await gateway.restart()
            let changes = [await events.nextChange(), await events.nextChange()]
            guard case .lost(mapping, .badAnswer)? = changes[0], case .mapped? = changes[1] else {
                Issue.record("\(changes)")
                return
            }
            #expect(gateway.mappings.count == 1)
            await held.stop()
        }
    }

    @Test("tells another external address that only UPnP knows, long before a renewal")
    func movesAddress() async throws {
        try await HoldBehindGateway.mapper(.upnp) { mapper, gateway in
            var options = HoldOptions()
            options.readBackInterval = .milliseconds(100)
            let requests = try [8080, 8081].map {
                MappingRequest(.tcp, internalPort: try TestPort.number($0))
            }
            let held = try await mapper.hold(requests, options: options)
            var events = await held.events().makeAsyncIterator()
            for mapping in await held.mappings {
                #expect(await events.nextChange() == .mapped(mapping))
            }
            let address = IPv4Address(rawValue: 0x0B16_2109)
            gateway.changeReportedAddress(to: address)
            let changes = [
                await events.nextChange(), await events.nextChange(), await events.nextChange(),
            ]
            guard case .externalAddressChanged(.v4(address), _)? = changes[0],
                case .changed(let first, _)? = changes[1],
                case .changed(let second, _)? = changes[2]
            else {
                Issue.record("\(changes)")
                return
            }
            for mapping in [first, second] {
                #expect(mapping.externalAddress == .v4(address))
            }
            await held.stop()
        }
    }

    @Test("is made again though the gateway lost it before it was first looked for")
    func isMissingAtOnce() async throws {
        try await HoldBehindGateway.mapper(
            configure: {
                $0.techniques = [.pcp, .upnp]
                $0.faults.keepsEpoch = true
            }
        ) { mapper, gateway in
            var options = HoldOptions()
            options.readBackInterval = .milliseconds(500)
            let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
            let held = try await mapper.hold(request, options: options)
            await gateway.restart()
            #expect(gateway.mappings.isEmpty)
            try await condition { gateway.mappings.count == 1 }
            await held.stop()
        }
    }

    @Test("is looked for again after the table could not be read twice")
    func isUnreadable() async throws {
        let read = "GetSpecificPortMappingEntry"
        try await HoldBehindGateway.mapper(
            configure: {
                $0.techniques = [.pcp, .upnp]
                $0.faults.upnp.refusals = [read: 501]
            }
        ) { mapper, gateway in
            var options = HoldOptions()
            options.readBackInterval = .milliseconds(400)
            let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
            let held = try await mapper.hold(request, options: options)
            try await condition { gateway.log.count(.upnpRead) == 2 }
            gateway.faults.upnp.refusals = [:]
            try await condition { gateway.log.count(.upnpRead) > 4 }
            await held.stop()
        }
    }
}
