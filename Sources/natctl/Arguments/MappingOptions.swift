import ArgumentParser
import NATTraversal

/// What is asked of a mapping.
struct MappingOptions: ParsableArguments {
    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp(
            "The external port to suggest; for several ports, that of the first. (default: the "
                + "internal port)",
            valueName: "port"))
    var externalPort: PortNumber?

    @Flag(
        name: .long, help: "Fail, with nothing left mapped, when another external port is granted.")
    var exact = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The lifetime to request, such as 90, 90s, 15m, 2h, 7d or 1h30m.",
            valueName: "duration"),
        completion: .lifetimes)
    var lifetime = defaultLifetime

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Map to this host instead, or use this local address. (default: this host's address "
                + "towards the gateway)", valueName: "address"),
        transform: { try Self.address($0, "--internal-address") })
    var internalAddress: IPv4Address?

    @Option(
        name: .long,
        help: ArgumentHelp("Let only this peer in. (default: anyone)", valueName: "address"),
        transform: { try Self.address($0, "--remote-host") })
    var remoteHost: IPv4Address?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The text in the router's table, 1 to 64 bytes. (default: natctl and the port, as in "
                + "natctl tcp 8080)",
            valueName: "text"))
    var description: String?

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

    func validate() throws {
        guard let description else { return }
        let isPlain = description.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard (1...64).contains(description.utf8.count), isPlain else {
            throw ValidationError.description
        }
    }

    /// The external port to suggest for the port at a place in the order given.
    func externalPort(at offset: Int) throws -> PortNumber? {
        guard let first = externalPort else { return nil }
        guard let value = UInt16(exactly: Int(first.rawValue) + offset),
            let port = PortNumber(rawValue: value)
        else { throw ValidationError.portsBeyondEnd(from: first) }
        return port
    }

    private static let defaultLifetime = DurationArgument(.seconds(7200))

    private static func address(_ text: String, _ option: String) throws -> IPv4Address {
        guard let address = IPv4Address(text),
            [
                .private, .public, .linkLocal, .shared, .loopback,
                .documentation, .reserved,
            ].contains(address.scope)
        else { throw ValidationError.noHost(option) }
        return address
    }
}
