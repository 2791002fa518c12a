import ArgumentParser
import NATTraversal

/// `tcp`, `udp` or `both`.
enum TransportArgument: String, ExpressibleByArgument, CaseIterable {
    case tcp
    case udp
    case both

    static var allValueStrings: [String] { allCases.map(\.rawValue) }
    static var allValueDescriptions: [String: String] { [:] }
    var defaultValueDescription: String { rawValue }

    /// Reads a name in capitals too, as routers print it.
    init?(argument: String) { self.init(rawValue: argument.lowercased()) }

    /// The transports in the order they are asked.
    var transports: [TransportProtocol] {
        switch self {
        case .tcp: [.tcp]
        case .udp: [.udp]
        case .both: [.tcp, .udp]
        }
    }
}

/// `8080`, `8000-8010`, `80:8080` or one of these with a transport, `80:8080/tcp`.
struct PortArgument {
    /// The ports of this host.
    let internalPorts: ClosedRange<UInt16>
    /// The external ports to suggest for them, as many; `nil` where none stands in front.
    let externalPorts: ClosedRange<UInt16>?
    /// The transport behind the slash, `nil` without one.
    let transport: TransportArgument?

    init(_ word: String) throws(ValidationError) {
        let halves = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2 {
            guard let transport = TransportArgument(argument: String(halves[1])) else {
                throw ValidationError.transport(halves[1], of: word)
            }
            self.transport = transport
        } else {
            transport = nil
        }
        let ends = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard ends.count <= 2 else { throw ValidationError.severalColons(word) }
        internalPorts = try Self.range(ends[ends.count - 1], of: word)
        externalPorts = ends.count == 2 ? try Self.range(ends[0], of: word) : nil
        if let externalPorts, externalPorts.count != internalPorts.count {
            throw ValidationError.unevenRanges(word)
        }
    }

    private static func range(
        _ text: Substring, of word: String
    ) throws(ValidationError) -> ClosedRange<UInt16> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = PortNumber(String(ends[0])),
            let last = PortNumber(String(ends[ends.count - 1]))
        else { throw ValidationError.port(text, of: word) }
        guard first <= last else { throw ValidationError.fallingRange(first, last, of: word) }
        return first.rawValue...last.rawValue
    }
}

/// The ports that the words of `map` and `unmap` name, in the order given, each once.
///
/// A transport stands before ports, `tcp 8080 8443`, or behind one, `8080/tcp`; both forms may be
/// mixed.
struct PortList {
    /// A port of one transport.
    struct Entry: Equatable {
        var transport: TransportProtocol
        var port: PortNumber
        /// The external port to suggest, where one was given.
        var externalPort: PortNumber?
        /// Whether it was named with the other transport, by `both`.
        var isPaired = false
    }

    private(set) var entries: [Entry] = []
    /// The first word that names an external port.
    private(set) var wordWithExternalPort: String?
    private var places: [UnmapRequest.Port: Int] = [:]

    init(_ words: [String]) throws(ValidationError) {
        var transport: TransportArgument?
        var isUnused = false
        for word in words {
            if let next = TransportArgument(argument: word) {
                if isUnused, let transport { throw ValidationError.noPort(after: transport) }
                (transport, isUnused) = (next, true)
                continue
            }
            let argument = try PortArgument(word)
            if argument.transport == nil { isUnused = false }
            guard let transport = argument.transport ?? transport else {
                throw ValidationError.noTransport(word)
            }
            if argument.externalPorts != nil, wordWithExternalPort == nil {
                wordWithExternalPort = word
            }
            try add(argument, transport.transports)
        }
        if isUnused, let transport { throw ValidationError.noPort(after: transport) }
        if wordWithExternalPort != nil { try checkExternalPorts() }
    }

    private mutating func add(
        _ argument: PortArgument, _ transports: [TransportProtocol]
    ) throws(ValidationError) {
        let first = argument.internalPorts.lowerBound
        for value in argument.internalPorts {
            guard let port = PortNumber(rawValue: value) else { continue }
            let externalPort = argument.externalPorts.flatMap {
                PortNumber(rawValue: $0.lowerBound + (value - first))
            }
            for transport in transports {
                let entry = Entry(
                    transport: transport, port: port, externalPort: externalPort,
                    isPaired: transports.count > 1)
                guard let place = places[.init(transport, port)] else {
                    places[.init(transport, port)] = entries.count
                    entries.append(entry)
                    continue
                }
                guard entries[place].externalPort == externalPort else {
                    throw ValidationError.contradiction(entry)
                }
                entries[place].isPaired = entries[place].isPaired || entry.isPaired
            }
        }
    }

    /// Two ports of a transport cannot have one external port.
    private func checkExternalPorts() throws(ValidationError) {
        var taken: [UnmapRequest.Port: PortNumber] = [:]
        for entry in entries {
            let outside = UnmapRequest.Port(entry.transport, entry.externalPort ?? entry.port)
            if let other = taken.updateValue(entry.port, forKey: outside) {
                throw ValidationError.sharedExternalPort(outside, other, entry.port)
            }
        }
    }
}
