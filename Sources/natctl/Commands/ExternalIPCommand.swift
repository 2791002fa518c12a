import ArgumentParser
import NATTraversal

struct ExternalIPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "external-ip", _superCommandName: NATCtl.name,
        abstract: "Print the address on the Internet side",
        discussion: """
            NAT-PMP tells it, or UPnP; where only PCP can, a mapping of natctl's own UDP port is \
            made and deleted at once. Nothing is left behind.
            """)

    @Flag(name: .long, help: "Ask every technique of every gateway; a line for each answer.")
    var all = false

    @Flag(name: .long, help: "Fail when the address is not public.")
    var requirePublic = false

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run() async throws {
        try await output.run(.externalIP) {
            let mapper = PortMapper(try gateway.ipv4Selection())
            let answers =
                all ? try await mapper.externalAddresses() : [try await mapper.externalAddress()]
            if requirePublic { try requirePublic(answers) }
            return all ? AllExternalAddressesOutput(answers) : ExternalAddressOutput(answers[0])
        }
    }

    private func requirePublic(_ answers: [ExternalAddress]) throws(PortMapperError) {
        for answer in answers where answer.address.scope != .public {
            throw .notPublic(answer.address, gateway: answer.gateway, technique: answer.technique)
        }
    }
}
