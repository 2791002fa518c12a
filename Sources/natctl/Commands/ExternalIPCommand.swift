import ArgumentParser
import NATTraversal

struct ExternalIPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "external-ip", _superCommandName: NATCtl.name,
        abstract: "Print the address on the Internet side",
        discussion: """
            The address comes from NAT-PMP or UPnP. Where only PCP can report it, natctl maps a UDP \
            port of its own and deletes the mapping at once; nothing is left behind.
            """)

    @Flag(
        name: .long, help: "Ask every gateway by every technique, and print a line for each answer."
    )
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
