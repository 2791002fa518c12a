import ArgumentParser
import NATTraversal

/// The external port of `--external-port`.
enum ExternalPort: Equatable {
    /// The gateway's choice.
    case any
    /// The one to suggest, for several ports that of the first.
    case first(PortNumber)

    init(_ text: String) throws(ValidationError) {
        guard let port = PortNumber(text) else {
            guard text == "0" else { throw ValidationError.externalPort(text, orZero: true) }
            self = .any
            return
        }
        self = .first(port)
    }
}

/// What is asked of a mapping.
struct MappingOptions: ParsableArguments {
    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp(
            "The external port to suggest, 0 for the gateway's choice; for several ports, that of "
                + "the first. (default: the internal port)",
            valueName: "port"),
        transform: ExternalPort.init)
    var externalPort: ExternalPort?

    @Flag(
        name: .long, help: "Fail, with nothing left mapped, when another external port is granted.")
    var exact = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The lifetime to request, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 2h)",
            valueName: "duration"),
        completion: .lifetimes)
    var lifetime: DurationArgument?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Map to this host instead, or use this local address. (default: this host's address "
                + "towards the gateway; for IPv6, its stable global one)", valueName: "address"),
        transform: { try Self.address($0, "--internal-address") })
    var internalAddress: IPAddress?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ask the gateway to let only this peer in. (default: anyone)", valueName: "address"),
        transform: { try Self.address($0, "--remote-host") })
    var remoteHost: IPAddress?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The text in the router's table, 1 to 64 bytes. (default: natctl and the port, as in "
                + "natctl tcp 8080)",
            valueName: "text"))
    var description: String?

    @Flag(
        name: [.customShort("6"), .long],
        help: "Open the port of this host's own IPv6 address in the gateway's firewall.")
    var ipv6 = false

    @Flag(
        name: .long,
        help: "Fail, with nothing left mapped, when the external address is not public.")
    var requirePublic = false

    @Flag(
        name: .long,
        help:
            "Fail, with nothing left mapped, when the gateway's table, read by UPnP, lacks the mapping."
    )
    var verify = false

    /// The family of the ports.
    var family: AddressFamily { ipv6 ? .ipv6 : .ipv4 }

    func validate() throws {
        try validateFamily()
        if exact, externalPort == .any {
            throw ValidationError.cannotCombine(
                "--exact", with: "--external-port 0", because: "which takes any port")
        }
        guard let description else { return }
        let isPlain = description.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard (1...64).contains(description.utf8.count), isPlain else {
            throw ValidationError.description
        }
    }

    private func validateFamily() throws {
        let given = [("--internal-address", internalAddress), ("--remote-host", remoteHost)]
        for case (let option, let address?) in given where address.family != family {
            throw ValidationError.otherFamily(option, address, family)
        }
        guard ipv6 else { return }
        if let internalAddress, ![.public, .documentation].contains(internalAddress.scope) {
            throw ValidationError.unreachable("--internal-address", internalAddress)
        }
        if verify {
            throw ValidationError.cannotCombine(
                "--verify", with: "--ipv6", because: "whose ports are in no table")
        }
    }

    /// The external port to suggest for the port at a place in the order given.
    func externalPort(at offset: Int) throws -> PortNumber? {
        guard case .first(let first)? = externalPort else { return nil }
        guard let value = UInt16(exactly: Int(first.rawValue) + offset),
            let port = PortNumber(rawValue: value)
        else { throw ValidationError.portsBeyondEnd(from: first) }
        return port
    }

    private static func address(_ text: String, _ option: String) throws -> IPAddress {
        guard let address = IPAddress(text), address.canBeHost else {
            throw ValidationError.noHost(option)
        }
        return address.unmapped
    }
}
