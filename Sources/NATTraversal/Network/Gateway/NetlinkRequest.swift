/// A request to the kernel over a netlink socket (rtnetlink(7)).
enum NetlinkRequest: Equatable, Sendable {
    /// Every route of a family, in all tables.
    case routes(AddressFamily)
    /// The route that a packet from one of this host's addresses to an address of the same family
    /// would take, by all rules and tables.
    case route(to: IPAddress, from: IPAddress)
    /// Every address of a family, or of both.
    case addresses(AddressFamily?)
    /// Every interface.
    case links
    /// One interface.
    case link(index: UInt32)
    /// One interface, by a name of at most 15 bytes.
    case linkNamed(String)
    /// What an address on an interface's network was resolved to by ARP or neighbour discovery;
    /// kernels before 5.0 refuse this.
    case neighbour(IPAddress, interfaceIndex: UInt32)

    /// The message: 16 bytes of header, then the fixed part of its type and attributes.
    func encoded(sequence: UInt32) -> [UInt8] {
        let body = body
        var message: [UInt8] = []
        message.append(hostOrder: UInt32(truncatingIfNeeded: 16 + body.count))
        message.append(hostOrder: type)
        message.append(hostOrder: flags)
        message.append(hostOrder: sequence)
        message.appendZeros(4)  // the port, which the kernel fills in
        return message + body
    }

    private var type: UInt16 {
        switch self {
        case .links, .link, .linkNamed: 18
        case .addresses: 22
        case .routes, .route: 26
        case .neighbour: 30
        }
    }

    /// NLM_F_REQUEST, and for a whole table NLM_F_DUMP.
    private var flags: UInt16 {
        switch self {
        case .links, .addresses, .routes: 0x301
        case .link, .linkNamed, .route, .neighbour: 0x1
        }
    }

    private var body: [UInt8] {
        var body: [UInt8] = []
        switch self {
        case .routes(let family):
            body.append(family.kernelNumber)
            body.appendZeros(11)
        case .route(let destination, let source):
            let length = UInt8(truncatingIfNeeded: 8 * destination.octets.count)
            body += [destination.family.kernelNumber, length, length]
            body.appendZeros(9)
            body.appendAttribute(1, destination.octets)
            body.appendAttribute(2, source.octets)
        case .addresses(let family):
            body.append(family?.kernelNumber ?? 0)
            body.appendZeros(7)
        case .links:
            body.appendZeros(16)
        case .link(let index):
            body.appendZeros(4)
            body.append(hostOrder: index)
            body.appendZeros(8)
        case .linkNamed(let name):
            body.appendZeros(16)
            body.appendAttribute(3, Array(name.utf8) + [0])
        case .neighbour(let address, let index):
            body.append(address.family.kernelNumber)
            body.appendZeros(3)
            body.append(hostOrder: index)
            body.appendZeros(4)
            body.appendAttribute(1, address.octets)
        }
        return body
    }
}

extension [UInt8] {
    /// Appends an attribute of this type and its padding.
    fileprivate mutating func appendAttribute(_ type: UInt16, _ value: [UInt8]) {
        append(hostOrder: UInt16(truncatingIfNeeded: 4 + value.count))
        append(hostOrder: type)
        self += value
        appendZeros(-value.count & 3)
    }
}
