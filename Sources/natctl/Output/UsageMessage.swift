import ArgumentParser
import NATTraversal

/// What natctl says of a wrong command line, beside what ArgumentParser finds itself.
extension ValidationError {
    /// Two options exclude each other.
    static func cannotCombine(
        _ option: String, with other: String, because reason: String? = nil
    ) -> ValidationError {
        ValidationError(
            "\(option) cannot be combined with \(other)" + (reason.map { ", \($0)" } ?? ""))
    }

    /// An option says how to search where nothing is searched.
    static func searchesNothing(_ option: String) -> ValidationError {
        cannotCombine(option, with: "--location", because: "which skips the search")
    }

    /// The technique of `--via` has no way to say it.
    static func inexpressible(_ option: String, by technique: Technique) -> ValidationError {
        ValidationError(
            "\(option) cannot be combined with --via \(technique.rawValue): "
                + "\(technique.displayName) has no such option")
    }

    static let hookWithoutHold = ValidationError(
        "--on-change needs --keep, --changes-only, or a command after --")

    static let noCommand = ValidationError("name the command to run after --")

    static let description = ValidationError(
        "--description takes 1 to 64 bytes without control characters")

    static let noLifetime = ValidationError(
        "a lifetime of 0 would map nothing; use natctl unmap to delete a mapping")

    static let allWithPorts = ValidationError(
        "--all takes no ports; only tcp or udp may follow")

    static let externalPortAlone = ValidationError(
        "--external-port takes tcp or udp, and no other ports")

    static let nothingToUnmap = ValidationError(
        "name ports, such as tcp 8080 or 8080/tcp, or use --external-port or --all")

    static let nothingToMap = ValidationError("name ports, such as tcp 8080 or 8080/tcp")

    /// Ports without a transport, before or behind them.
    static func noTransport(_ word: String) -> ValidationError {
        ValidationError("\(plain(word)) has no transport; write tcp \(word) or \(word)/tcp")
    }

    /// A transport that no ports follow.
    static func noPort(after transport: TransportArgument) -> ValidationError {
        ValidationError(
            "no port follows \(transport.rawValue); write \(transport.rawValue) 8080, for example")
    }

    /// The text after the slash is not a transport.
    static func transport(_ text: Substring, of word: String) -> ValidationError {
        ValidationError(
            "\(displayed(word)) names no transport: \(displayed(String(text))) is not tcp, udp or both"
        )
    }

    /// A part of a word, or all of it, is no port.
    static func port(_ text: Substring, of word: String) -> ValidationError {
        if !text.isEmpty, text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) {
            return noSuchPort(String(text))
        }
        if text == word {
            return ValidationError(
                "\(displayed(word)) is not tcp, udp or both, and not a port from 1 to 65535")
        }
        return ValidationError(
            "\(displayed(word)) names no port: \(displayed(String(text))) is not a port from 1 to "
                + "65535")
    }

    /// A number that is no port.
    static func noSuchPort(_ number: String) -> ValidationError {
        ValidationError("\(plain(number)) is not a port; ports go from 1 to 65535")
    }

    /// `help` of a command that is not there.
    static func noHelp(for topic: String) -> ValidationError {
        ValidationError("there is no command \(plain(topic))")
    }

    /// A range whose end comes first.
    static func fallingRange(
        _ first: PortNumber, _ last: PortNumber, of word: String
    ) -> ValidationError {
        ValidationError("\(displayed(word)) ends before it begins; write \(last)-\(first)")
    }

    /// More stands in front of a port than an external one.
    static func severalColons(_ word: String) -> ValidationError {
        ValidationError(
            "\(displayed(word)) has more than one colon; only an external port may stand in front, "
                + "as in 80:8080/tcp")
    }

    /// A range, and another number of external ports.
    static func unevenRanges(_ word: String) -> ValidationError {
        ValidationError(
            "\(displayed(word)) needs as many external ports as internal ones, as in "
                + "9000-9002:8000-8002/tcp")
    }

    /// A port is named twice, not alike.
    static func contradiction(_ entry: PortList.Entry) -> ValidationError {
        ValidationError(
            "\(entry.port)/\(entry.transport.rawValue) is named twice, with different external ports"
        )
    }

    /// Two ports are to have the same external one.
    static func sharedExternalPort(
        _ outside: UnmapRequest.Port, _ first: PortNumber, _ second: PortNumber
    ) -> ValidationError {
        ValidationError(
            "ports \(first) and \(second) cannot share the external port "
                + "\(outside.number)/\(outside.transport.rawValue)")
    }

    /// `--external-port` beside an external port that stands before its port.
    static func externalPortTwice(_ word: String) -> ValidationError {
        cannotCombine("--external-port", with: word, because: "which names its external port")
    }

    /// The external ports that count up from the first do not fit.
    static func portsBeyondEnd(from first: PortNumber) -> ValidationError {
        ValidationError("the external ports from \(first) on would pass 65535")
    }

    /// An option takes the address of a host.
    static func noHost(_ option: String) -> ValidationError {
        ValidationError("\(option) takes the IPv4 address of a host, not a name")
    }

    /// The gateway cannot be asked for what the command maps.
    static func ipv6Gateway(_ gateway: GatewayAddress) -> ValidationError {
        ValidationError("\(gateway) is an IPv6 gateway; this command maps IPv4")
    }

    /// `--location` names an IPv6 host for a command that maps IPv4.
    static let ipv6Location = ValidationError(
        "--location names an IPv6 host; this command maps IPv4: name the gateway's IPv4 address "
            + "with --gateway as well")

    /// `NATCTL_GATEWAY` holds something else.
    static func gatewayVariable(_ text: String) -> ValidationError {
        ValidationError(
            "NATCTL_GATEWAY takes an address, perhaps with a port, not \(displayed(text))")
    }

    /// A description's URL that natctl does not use.
    static func url(_ text: String, _ refusal: URLRefusal) -> ValidationError {
        ValidationError(
            "\(displayed(text)) is not an http URL with an address as its host "
                + "(\(refusal.rawValue))")
    }

    /// A link-local host is one of many without its zone.
    static func noZone(_ text: String) -> ValidationError {
        ValidationError(
            "\(displayed(text)) has a link-local host without a zone; write it as "
                + "http://[fe80::1%25eth0]/, or add --interface")
    }

    static func searchTarget(_ text: String) -> ValidationError {
        ValidationError("\(displayed(text)) is not a search target")
    }

    static func serviceName(_ text: String) -> ValidationError {
        ValidationError(
            "\(displayed(text)) is not a service type, short name or control URL")
    }

    static func assignment(_ text: String) -> ValidationError {
        ValidationError("\(displayed(text)) is not NAME=VALUE")
    }

    /// A short name is that of several services.
    static func ambiguous(_ name: String, _ services: [UPnPService]) -> ValidationError {
        let urls = services.compactMap { $0.control.url?.zonedDescription }.joined(separator: ", ")
        return ValidationError("several services are called \(plain(name)): \(urls)")
    }
}

extension UPnPUsageError {
    /// What is wrong with the call, in one line.
    var userMessage: String {
        switch self {
        case .noSuchAction(let action, let actions):
            "no action \(plain(action)); the service has \(list(actions))"
        case .missingArgument(let name):
            "the action needs \(plain(name))"
        case .unknownArgument(let name, let arguments):
            "no argument \(plain(name)); the action takes \(list(arguments))"
        case .repeatedArgument(let name):
            "\(plain(name)) is given twice"
        case .value(let argument, let allowed):
            "\(plain(argument.name)) cannot be \(displayed(argument.value)); "
                + "the service allows \(list(allowed))"
        case .number(let argument, let range):
            "\(plain(argument.name)) is a number from \(range.lowerBound) to \(range.upperBound), "
                + "not \(displayed(argument.value))"
        case .inexpressible(let name):
            "\(displayed(name)) holds characters that cannot be sent"
        }
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(30).map(plain).joined(separator: ", ")
    }
}
