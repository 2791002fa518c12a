import Foundation
import TestSupport
import Testing

@testable import NATTraversal
@testable import natctl

@Suite("What started natctl as a service") struct ServiceManagerTests {
    @Test("is told by datagrams, also at an abstract name", arguments: [false, true])
    func isTold(isAbstract: Bool) throws {
        let socket = try NotifySocket(isAbstract: isAbstract)
        let service = try #require(ServiceManager(socket.name))
        service.tell("READY=1", "STATUS=nothing is mapped")
        service.tell("STOPPING=1")
        #expect(socket.messages() == ["READY=1\nSTATUS=nothing is mapped", "STOPPING=1"])
        service.tellReload()
        let messages = socket.messages()
        #expect(messages.count == 2)
        #expect(messages.first?.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*/) != nil)
        #expect(messages.last == "READY=1")
    }

    @Test(
        "is nobody where the name is none that can be spoken to",
        arguments: [nil, "relative", "vsock:2:1234", "/" + String(repeating: "x", count: 107)])
    func isNobody(name: String?) { #expect(ServiceManager(name) == nil) }

    @Test("may be gone")
    func isGone() throws {
        let service = try #require(ServiceManager("/nowhere/notify"))
        service.tell("READY=1")
    }

    @Test("hears of the present mappings in one line")
    func hearsStatus() throws {
        var present = PresentMappings()
        #expect(present.status == "nothing is mapped")
        for port in UInt16(8080)...8085 {
            present.note(.mapped(try #require(Mapping.sample(port: port))))
        }
        let changed = try #require(Mapping.sample(port: 8080, external: "198.51.100.9"))
        present.note(.changed(changed, previous: changed))
        let gone = try #require(Mapping.sample(port: 8081))
        present.note(.lost(gone, .noGateway))
        #expect(
            present.status
                == "tcp 8080 <- 198.51.100.9:8080, tcp 8082 <- 198.51.100.7:8082, "
                + "tcp 8083 <- 198.51.100.7:8083, tcp 8084 <- 198.51.100.7:8084 and 1 more")
    }
}
