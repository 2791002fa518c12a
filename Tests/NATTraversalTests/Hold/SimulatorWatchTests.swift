import GatewaySimulator
import Testing

@testable import NATTraversal

@Suite("A watch on the simulator", .timeLimit(.minutes(10))) struct SimulatorWatchTests {
    @Test("tells the present state first, then a restart and another address")
    func tells() async throws {
        try await HoldBehindGateway.mapper { mapper, gateway in
            let watch = mapper.watch()
            var events = await watch.events().makeAsyncIterator()
            let place = NetworkPlace(interface: "lo", address: .v4(.loopback))
            let name = GatewayAddress(gateway.gateway)
            let address = gateway.reportedAddress
            #expect(await events.nextChange() == .interfaceChanged(place, previous: nil))
            #expect(await events.nextChange() == .gatewayChanged(name, previous: nil))
            #expect(
                await events.nextChange()
                    == .externalAddressChanged(.v4(address), previous: nil))

            await gateway.restart()
            watch.refresh()
            #expect(await events.nextChange() == .gatewayRestarted(gateway: name))
            let other = IPv4Address(rawValue: 0x0B16_2163)
            gateway.changeReportedAddress(to: other, resetsEpoch: false)
            watch.refresh()
            #expect(
                await events.nextChange()
                    == .externalAddressChanged(.v4(other), previous: .v4(address)))
            #expect(gateway.mappings.isEmpty)

            // Who comes later hears the state of now.
            var later = await watch.events().makeAsyncIterator()
            _ = await later.nextChange()
            _ = await later.nextChange()
            #expect(
                await later.nextChange() == .externalAddressChanged(.v4(other), previous: nil))
            await watch.stop()
            #expect(await later.nextChange() == nil)
        }
    }

    @Test(
        "tells that the external address has gone, and that it has come back",
        arguments: Technique.allCases)
    func addressGoes(technique: Technique) async throws {
        try await HoldBehindGateway.mapper(technique) { mapper, gateway in
            let watch = mapper.watch()
            var events = await watch.events().makeAsyncIterator()
            for _ in 0..<2 { _ = await events.nextChange() }
            let address = IPAddress.v4(gateway.reportedAddress)
            #expect(await events.nextChange() == .externalAddressChanged(address, previous: nil))

            switch technique {
            case .pcp: gateway.faults.refusals = [.pcpMap: 7]
            case .natPMP: gateway.faults.refusals = [.natpmpAddress: 3]
            case .upnp: gateway.faults.upnp.externalAddress = ""
            }
            watch.refresh()
            #expect(await events.nextChange() == .externalAddressChanged(nil, previous: address))
            // Who comes now hears that there is none.
            var later = await watch.events().makeAsyncIterator()
            for _ in 0..<2 { _ = await later.nextChange() }
            #expect(await later.nextChange() == .externalAddressChanged(nil, previous: nil))

            gateway.faults.refusals = [:]
            gateway.faults.upnp.externalAddress = nil
            watch.refresh()
            #expect(await events.nextChange() == .externalAddressChanged(address, previous: nil))
            await watch.stop()
        }
    }

    @Test("asks again after its interval, although nothing is announced")
    func asks() async throws {
        try await HoldBehindGateway.mapper { mapper, gateway in
            let watch = mapper.watch(every: .milliseconds(50))
            try await condition {
                gateway.log.count(.natpmpAddress) >= 3
            }
            await watch.stop()
        }
    }
}
