import TestSupport
import Testing

@testable import NATTraversal

@Suite("The external port that is suggested") struct PortSuggestionTests {
    @Test(
        "is the next one after a refusal, and never one below 1024 that nobody asked for (A-15)",
        arguments: [(8080, 8081), (1023, 1024), (80, nil), (65535, nil)] as [(UInt16, UInt16?)])
    func movesOn(wanted: UInt16, next: UInt16?) throws {
        var suggestion = PortSuggestion(try TestPort.number(wanted), isExact: false)
        #expect(suggestion.port.rawValue == wanted)
        var ports: [UInt16] = []
        while suggestion.moveOn() { ports.append(suggestion.port.rawValue) }
        #expect(ports.count == GatewayReaction.portLimit - 1)
        let dynamic: ClosedRange<UInt16> = 49152...65535
        if let next { #expect(ports.first == next) }
        #expect(ports.dropFirst(next == nil ? 0 : 1).allSatisfy(dynamic.contains))
    }

    @Test("is 0 in a request where any will do, until one was refused")
    func any() throws {
        var suggestion = PortSuggestion(try TestPort.number(8080), isExact: false, isAny: true)
        #expect(suggestion.wireValue == 0)
        #expect(suggestion.port.rawValue == 8080)
        _ = suggestion.moveOn()
        #expect(suggestion.wireValue == 8081)
        #expect(PortSuggestion(try TestPort.number(80), isExact: false).wireValue == 80)
    }

    @Test("is the wanted one alone where no other will do")
    func exact() throws {
        var suggestion = PortSuggestion(try TestPort.number(8080), isExact: true)
        let hasMoved = suggestion.moveOn()
        #expect(!hasMoved)
        #expect(suggestion.port.rawValue == 8080)
    }
}
