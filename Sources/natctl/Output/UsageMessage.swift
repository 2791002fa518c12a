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

    /// An option has an empty value, which would otherwise count as not given.
    static func emptyValue(_ option: String, _ valueName: String? = nil) -> ValidationError {
        ValidationError("\(option) needs <\(valueName ?? "value")>, which is empty here")
    }

    static let reportOnOutput = ValidationError(
        "--report takes a file, not -: standard output shows the findings")

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
                "\(displayed(word)) is neither tcp, udp or both nor a port from 1 to 65535")
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
            "\(displayed(word)) has more than one colon; only an external port may come first, "
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

    /// `--external-port` takes something else.
    static func externalPort(_ text: String, orZero: Bool) -> ValidationError {
        ValidationError(
            orZero
                ? "--external-port takes a port from 1 to 65535, or 0 for the gateway's choice, not "
                    + displayed(text)
                : "--external-port takes a port from 1 to 65535, not \(displayed(text))")
    }

    /// `--external-port` beside an external port that stands before its port.
    static func externalPortTwice(_ word: String) -> ValidationError {
        cannotCombine("--external-port", with: word, because: "which names its external port")
    }

    /// The external ports that count up from the first do not fit.
    static func portsBeyondEnd(from first: PortNumber) -> ValidationError {
        ValidationError("external ports counting up from \(first) would exceed 65535")
    }

    /// An option takes the address of a host.
    static func noHost(_ option: String) -> ValidationError {
        ValidationError("\(option) takes the address of one host, not a name or a group")
    }

    /// The gateway cannot be asked for ports of this family.
    static func otherGateway(
        _ gateway: GatewayAddress, _ family: AddressFamily
    ) -> ValidationError {
        ValidationError(
            family == .ipv4
                ? "\(gateway) is an IPv6 gateway; add --ipv6 to open an IPv6 port"
                : "\(gateway) is an IPv4 gateway, which --ipv6 cannot ask")
    }

    /// `--location` names a host of the other family.
    static func otherLocation(_ family: AddressFamily) -> ValidationError {
        ValidationError(
            family == .ipv4
                ? "--location names an IPv6 host: add --ipv6, or name the gateway's IPv4 address with "
                    + "--gateway as well"
                : "--location names an IPv4 host, which --ipv6 cannot ask")
    }

    /// A link-local gateway is one of many without its zone.
    static func noGatewayZone(_ gateway: GatewayAddress) -> ValidationError {
        ValidationError(
            "\(gateway) is link-local and needs its interface: write \(gateway.address)%eth0, or add "
                + "--interface")
    }

    /// An option names an address of the other family.
    static func otherFamily(
        _ option: String, _ address: IPAddress, _ family: AddressFamily
    ) -> ValidationError {
        ValidationError(
            family == .ipv4
                ? "\(option) \(address) is an IPv6 address; add --ipv6"
                : "\(option) \(address) is an IPv4 address, which --ipv6 excludes")
    }

    /// Nobody outside can reach the address that is to be opened.
    static func unreachable(_ option: String, _ address: IPAddress) -> ValidationError {
        ValidationError(
            "\(option) \(address) is \(address.scope.adjective): nobody outside can reach it, whatever "
                + "is opened")
    }

    /// IPv6 opens the port itself.
    static func noTranslation(_ outside: PortNumber, _ inside: PortNumber) -> ValidationError {
        ValidationError(
            "\(outside) cannot lead to \(inside): IPv6 has no port translation, so --ipv6 opens "
                + "the port itself")
    }

    /// `NATCTL_GATEWAY` holds something else.
    static func gatewayVariable(_ text: String) -> ValidationError {
        ValidationError(
            "NATCTL_GATEWAY takes an address, optionally with a port, not \(displayed(text))")
    }

    /// A description's URL that natctl does not use.
    static func url(_ text: String, _ refusal: URLRefusal) -> ValidationError {
        ValidationError(
            "\(displayed(text)) is not an http URL whose host is an address "
                + "(\(refusal.rawValue.split(separator: "-").joined(separator: " ")))")
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
        return ValidationError(
            "several services are named \(plain(name)); give one of these URLs instead: \(urls)")
    }
}
