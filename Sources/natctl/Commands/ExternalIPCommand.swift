import ArgumentParser
import NATTraversal

struct ExternalIPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "external-ip", _superCommandName: NATCtl.name,
        abstract: "Print the address on the Internet side",
        discussion: """
            The address comes from NAT-PMP or UPnP. Where only PCP can report it, natctl maps a UDP \
            port of its own and deletes the mapping at once; nothing is left behind. With --ipv6 it is \
            the address that map --ipv6 would open, and nothing is mapped.
            """)

    @Flag(
        name: .long, help: "Ask every gateway by every technique, and print a line for each answer."
    )
    var all = false

    @Flag(name: .long, help: "Fail when the address is not public.")
    var requirePublic = false

    @Flag(
        name: [.customShort("6"), .long],
        help: "Print the IPv6 address that map --ipv6 would open.")
    var ipv6 = false

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    private var family: AddressFamily { ipv6 ? .ipv6 : .ipv4 }

    func validate() throws { try gateway.validate(family) }

    func run() async throws {
        try await output.run(.externalIP) {
            let mapper = PortMapper(try gateway.selection(of: family))
            let answers =
                all
                ? try await mapper.externalAddresses(family)
                : [try await mapper.externalAddress(family)]
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
