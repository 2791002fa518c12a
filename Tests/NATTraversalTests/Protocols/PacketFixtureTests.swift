import Testing

@testable import NATTraversal

@Suite("Packets of the field") struct PacketFixtureTests {
    @Test("the tests' own are all there")
    func areThere() { #expect(PacketFixture.own.count == 25) }

    @Test("own ones are read and judged as they must be", arguments: PacketFixture.own)
    func own(fixture: PacketFixture) async throws { try await check(fixture) }

    @Test(
        "collected ones are read and judged as they must be",
        .enabled(if: !PacketFixture.collected.isEmpty, "there is no ../shared/corpus/pxp here"),
        arguments: PacketFixture.collected)
    func collected(fixture: PacketFixture) async throws { try await check(fixture) }

    private func check(_ fixture: PacketFixture) async throws {
        let expected = fixture.expectation
        #expect(fixture.datagram.count == expected.length)
        #expect(fixture.datagram.first == expected.version)
        guard expected.direction == "response" else {
            try fixture.checkRequest()
            return
        }
        try fixture.checkFields()
        fixture.checkEpoch()
        try await fixture.checkVerdict()
    }
}

extension PacketFixture {
    /// The request that the client's own codec lays from the fields, against the bytes.
    fileprivate func checkRequest() throws {
        let encoded =
            if expectation.version == 0 {
                try natpmpRequest().encoded
            } else {
                try pcpOrder().request(from: try address(expectation.clientAddress)).encoded
            }
        #expect(encoded == datagram)
    }

    private func address(_ text: String?) throws -> IPAddress {
        try #require(text.flatMap(IPAddress.init))
    }

    private func natpmpRequest() throws -> NATPMPRequest {
        guard let operation = expectation.operation, operation != "external-address" else {
            return .externalAddress
        }
        return .map(
            operation == "map-tcp" ? .tcp : .udp,
            internalPort: try #require(expectation.internalPort),
            suggestedExternalPort: try #require(expectation.suggestedExternalPort),
            lifetimeSeconds: try #require(expectation.lifetime))
    }

    private func pcpOrder() throws -> PCPMapRequest {
        PCPMapRequest(
            nonce: try #require(expectation.nonce.flatMap(PCPNonce.init(hexadecimal:))),
            transport: expectation.ipProtocol == 6 ? .tcp : .udp,
            internalPort: try #require(expectation.internalPort),
            externalPort: try #require(expectation.suggestedExternalPort),
            externalAddress: try address(expectation.suggestedExternalAddress),
            lifetimeSeconds: try #require(expectation.lifetime))
    }

    /// What the codec reads; one that reads nothing is right where the client must ignore it.
    fileprivate func checkFields() throws {
        do {
            switch expectation.version {
            case 0: try check(NATPMPResponse(parsing: datagram))
            default: try check(PCPResponse(parsing: datagram))
            }
        } catch is WireError {
            #expect(expectation.verdict == "ignore")
        }
    }

    private func check(_ response: NATPMPResponse) throws {
        #expect(response.opcode == expectation.opcode)
        #expect(response.result.rawValue == expectation.resultCode)
        // With an unsupported opcode the RFC has the request's bytes there.
        let epoch = response.result == .unsupportedOpcode ? nil : expectation.epoch
        #expect(response.epochSeconds == epoch)
        switch response.body {
        case .externalAddress(let address):
            #expect(address.description == expectation.externalAddress)
        case .mapping(let internalPort, let externalPort, let lifetimeSeconds):
            #expect(internalPort == expectation.internalPort)
            #expect(externalPort == expectation.externalPort)
            #expect(lifetimeSeconds == expectation.lifetime)
        case .failure(let internalPort):
            #expect(internalPort == expectation.internalPort)
        }
    }

    private func check(_ response: PCPResponse) throws {
        #expect(UInt16(response.result.rawValue) == expectation.resultCode)
        #expect(response.lifetimeSeconds == expectation.lifetime)
        #expect(response.epochSeconds == expectation.epoch)
        switch response.operation {
        case .map(let mapping):
            #expect(expectation.operation == "map")
            #expect(mapping.nonce.hexadecimal == expectation.nonce)
            #expect(mapping.protocolNumber == expectation.ipProtocol)
            #expect(mapping.internalPort == expectation.internalPort)
            #expect(mapping.externalPort == expectation.externalPort)
            #expect(mapping.externalAddress.description == expectation.externalAddress)
        case .announce:
            #expect(expectation.operation == "announce")
        case .headerOnly(let opcode):
            #expect(opcode == expectation.opcode)
            #expect(expectation.nonce == nil)
        }
    }

    /// Whether the epoch fits the one known before, where the fixture names one.
    fileprivate func checkEpoch() {
        guard let context = expectation.context, let known = context.knownEpoch,
            let elapsed = context.secondsSinceKnownEpoch, let epoch = expectation.epoch
        else { return }
        var record = EpochRecord()
        let start = ContinuousClock.now
        let later = start + .seconds(elapsed)
        let fits =
            if expectation.version == 0 {
                record.acceptsNATPMP(known, in: start...start)
                    && record.acceptsNATPMP(epoch, in: later...later)
            } else {
                record.acceptsPCP(known, in: start...start)
                    && record.acceptsPCP(epoch, in: later...later)
            }
        #expect(fits == (expectation.verdict == "accept"))
    }
}
