import GatewaySimulator
import Testing

@testable import NATTraversal

@Suite("Mappings held on the simulator", .timeLimit(.minutes(10))) struct SimulatorHoldTests {
    @Test("are mapped at first, told to whoever listens, and deleted in the end")
    func lifetime() async throws {
        try await HoldBehindGateway.run([8080]) { held, gateway in
            #expect(gateway.mappings.count == 1)
            let mapping = try #require(await held.mappings.first)
            var events = await held.events().makeAsyncIterator()
            #expect(await events.nextChange() == .mapped(mapping))
            let local = PortAssignment(
                .tcp, address: .v4(.loopback), port: try TestPort.number(8080))
            let assignments = await held.assignments
            #expect(assignments.first == local)
            #expect(assignments.map(\.technique) == [nil, .pcp])

            let report = await held.stop()
            #expect(report.failures.isEmpty)
            #expect(gateway.mappings.isEmpty)
            #expect(await events.nextChange() == .unmapped(mapping))
            #expect(await events.next() == nil)
            // A second call finds nothing more to do.
            #expect(await held.stop().mappings == report.mappings)
        }
    }

    @Test("are deleted by the service that is known, without looking for it again")
    func endsWithoutSearch() async throws {
        try await HoldBehindGateway.run([8080], .upnp) { held, gateway in
            let descriptions = gateway.log.count(.description)
            #expect(await held.stop().mappings.count == 1)
            #expect(gateway.mappings.isEmpty)
            #expect(gateway.log.count(.description) == descriptions)
        }
    }

    @Test("are none when one of them cannot be mapped at first")
    func failsAtFirst() async throws {
        let error = await #expect(throws: PortMapperError.self) {
            try await HoldBehindGateway.run(
                [8080, 8081], .pcp, configure: { $0.faults.refusals = [.pcpMap: 10] }
            ) { _, _ in }
        }
        guard case .refused(let refusal)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.code == 10)
    }

    @Test(
        "are all back after a restart that the next answer shows",
        arguments: [Technique.pcp, .natPMP])
    func restart(technique: Technique) async throws {
        try await HoldBehindGateway.run([8080, 8081, 8082], technique) { held, gateway in
            var events = await held.events().makeAsyncIterator()
            for _ in 0..<3 { _ = await events.nextChange() }
            await gateway.restart()
            held.refresh()
            #expect(
                await events.nextChange()
                    == .gatewayRestarted(gateway: GatewayAddress(gateway.gateway)))
            try await condition { gateway.mappings.count == 3 }
        }
    }

    @Test("tell another external address although the port stays the same")
    func addressChanges() async throws {
        try await HoldBehindGateway.run([8080]) { held, gateway in
            let old = try #require(await held.mappings.first)
            var events = await held.events().makeAsyncIterator()
            _ = await events.nextChange()
            let address = IPv4Address(rawValue: 0x0B16_2163)
            gateway.changeReportedAddress(to: address, resetsEpoch: false)
            held.refresh()
            var changes: [MapperEvent.Change] = []
            // On a machine that stands still for seconds the epoch seems to have stood still too.
            repeat {
                changes.append(try #require(await events.nextChange()))
            } while changes.count < 2
                || changes[changes.count - 2] == .gatewayRestarted(gateway: old.gateway)
            #expect(
                changes.contains(
                    .externalAddressChanged(.v4(address), previous: old.externalAddress)))
            guard case .changed(let new, previous: old)? = changes.last else {
                Issue.record("\(changes)")
                return
            }
            #expect(new.externalAddress == .v4(address))
            #expect(new.externalPort == old.externalPort)
        }
    }

    @Test("are asked for until there is an answer when somebody waits for it")
    func refreshIsPersistent() async throws {
        try await HoldBehindGateway.run([8080]) { held, gateway in
            var events = await held.events().makeAsyncIterator()
            _ = await events.nextChange()
            gateway.faults.silence = .all
            held.refresh()
            try await condition { gateway.log.count(.pcpMap) >= 3 }
            gateway.faults.silence = .none
            while let change = await events.next()?.change {
                if case .renewed = change { return }
            }
        }
    }

    @Test("keep the external address that they had when an answer does not tell it")
    func addressIsNotTold() async throws {
        try await HoldBehindGateway.run([8080], .natPMP) { held, gateway in
            let old = try #require(await held.mappings.first)
            #expect(old.externalAddress != nil)
            var events = await held.events().makeAsyncIterator()
            _ = await events.nextChange()
            gateway.faults.refusals = [.natpmpAddress: 3]
            held.refresh()
            while let change = await events.next()?.change {
                guard case .renewed(let new) = change else { continue }
                #expect(new.externalAddress == old.externalAddress)
                return
            }
        }
    }

    @Test("outlive a gateway that refuses to renew, say so once, and are renewed when it relents")
    func refusesRenewal() async throws {
        try await HoldBehindGateway.run([8080]) { held, gateway in
            var events = await held.events().makeAsyncIterator()
            _ = await events.nextChange()
            gateway.faults.refusals = [.pcpMap: 2]
            held.refresh()
            guard case .mappingFailed(.tcp, _, .refused)? = await events.nextChange() else {
                Issue.record("it did not say so")
                return
            }
            gateway.faults.refusals = [:]
            held.refresh()
            // On a machine that stalls the epoch may look as if it had lagged.
            while let change = await events.next()?.change {
                if case .renewed = change { return }
            }
            Issue.record("it was not renewed")
        }
    }

    @Test("are warned of once each, however often they are renewed")
    func warnings() async throws {
        try await HoldBehindGateway.run([5432, 6379], .pcp) { held, gateway in
            var events = await held.events().makeAsyncIterator()
            var warnings = await events.warnings(untilMappings: 2)
            #expect(warnings == ["sensitivePort", "sensitivePort"])
            held.refresh()
            warnings += await events.warnings(untilMappings: 2)
            // Warnings follow the mappings that they are about.
            gateway.faults.grantedLifetimeSeconds = 600
            for _ in 0..<3 {
                held.refresh()
                warnings += await events.warnings(untilMappings: 2)
            }
            #expect(
                warnings == [
                    "sensitivePort", "sensitivePort", "shorterLifetime", "shorterLifetime",
                ])
        }
    }

    @Test("are deleted although the one who stops them was cancelled")
    func stopsCancelled() async throws {
        try await HoldBehindGateway.run([8080]) { held, gateway in
            let stopping = Task {
                try? await Task.sleep(for: .seconds(60))
                await held.stop()
            }
            stopping.cancel()
            await stopping.value
            #expect(gateway.mappings.isEmpty)
        }
    }
}
