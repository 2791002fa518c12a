import ArgumentParser
import NATTraversal
import NATTraversalSupport

/// A word that a shell offers, and what it means; fish and zsh show both.
struct CompletionOffer: Equatable {
    var word: String
    var meaning: String

    init(_ word: String, _ meaning: String) {
        self.word = word
        self.meaning = meaning
    }

    /// As the script of a shell reads it, a line.
    func text(for shell: CompletionShell?) -> String {
        switch shell {
        case .fish: "\(word)\t\(harmless(meaning))"
        case .zsh:
            word.split(separator: ":", omittingEmptySubsequences: false).joined(separator: #"\:"#)
                + ":\(harmless(meaning))"
        // Bash shows no meanings.
        default: word
        }
    }
}

extension CompletionKind {
    /// Words that are the same each time.
    static func offers(_ offers: [CompletionOffer]) -> CompletionKind { live { _ in offers } }

    /// Words that depend on those in front of them.
    static func live(
        _ offers: @escaping @Sendable (_ before: [String]) -> [CompletionOffer]
    ) -> CompletionKind {
        .custom { words, index, _ in
            let shell = CompletionShell.requesting
            return offers(Array(words.prefix(max(index, 0)))).map { $0.text(for: shell) }
        }
    }

    /// Examples for an option that takes a duration.
    static let timeouts = offers([
        CompletionOffer("3s", "3 seconds"), CompletionOffer("10s", "10 seconds"),
        CompletionOffer("30s", "half a minute"), CompletionOffer("2m", "2 minutes"),
    ])

    /// Examples for `--lifetime`.
    static let lifetimes = offers([
        CompletionOffer("15m", "15 minutes"), CompletionOffer("2h", "2 hours, the default"),
        CompletionOffer("1d", "a day"), CompletionOffer("7d", "a week"),
    ])

    /// This host's interfaces, with an address of each.
    static let interfaces = live { _ in
        var offers: [CompletionOffer] = []
        for interface in (try? NetworkInterface.all()) ?? []
        where !offers.contains(where: { $0.word == interface.name }) {
            offers.append(CompletionOffer(interface.name, "\(interface.address)"))
        }
        return offers
    }

    /// The transports of the ports of `map`; behind `--` natctl has nothing to offer.
    static let portsToMap = live { before in
        before.contains("--") ? [] : TransportArgument.offers
    }

    /// The ports of `unmap`: leased ones, behind a transport or with it.
    static let portsToUnmap = live { before in
        let transport = before.reversed().lazy.compactMap(TransportArgument.init(argument:)).first
        return TransportArgument.offers + leasedPorts(leases, of: transport)
    }

    /// The external ports of leases.
    static let leasedExternalPorts = live { before in
        let transport = before.lazy.compactMap(TransportArgument.init(argument:)).first
        return leases.filter { transport?.transports.contains($0.transport) ?? true }
            .map { CompletionOffer("\($0.externalPort)", meaning(of: $0)) }
    }

    /// Leases that cannot be read are none.
    private static var leases: [Mapping] { (try? PortMapper().leases()) ?? [] }

    /// The internal ports of leases: of a transport that stands in front, else each with its own.
    static func leasedPorts(
        _ leases: [Mapping], of transport: TransportArgument?
    ) -> [CompletionOffer] {
        var offers: [CompletionOffer] = []
        for lease in leases where transport?.transports.contains(lease.transport) ?? true {
            let word =
                transport == nil
                ? "\(lease.internalPort)/\(lease.transport.rawValue)" : "\(lease.internalPort)"
            if !offers.contains(where: { $0.word == word }) {
                offers.append(CompletionOffer(word, meaning(of: lease)))
            }
        }
        return offers
    }

    private static func meaning(of lease: Mapping) -> String {
        (lease.description.map { "\($0), " } ?? "") + "external port \(lease.externalPort)"
    }

    // MARK: - upnp-call

    /// The services of gateways.
    static let services = offers(
        UPnPStandardService.all.map { CompletionOffer($0.name, $0.meaning) })

    /// The actions that the standard gives the service in front.
    static let actions = live { before in
        let service = UPnPStandardService.all.last { before.contains($0.name) }
        return service?.actions.map { CompletionOffer($0, "") } ?? []
    }
}

extension TransportArgument {
    /// What shells offer.
    static let offers = [
        CompletionOffer("tcp", "TCP"), CompletionOffer("udp", "UDP"),
        CompletionOffer("both", "TCP and UDP"),
    ]
}

/// A service that gateways have, with the actions that scripts call, for completion alone: a gateway
/// may lack some and have others, which `upnp-scan --actions` lists.
private struct UPnPStandardService {
    var name: String
    var meaning: String
    var actions: [String]

    static let all = [
        UPnPStandardService(
            name: "WANIPConnection", meaning: "port mappings and the external address",
            actions: [
                "AddAnyPortMapping", "AddPortMapping", "DeletePortMapping", "GetExternalIPAddress",
                "GetGenericPortMappingEntry", "GetListOfPortMappings", "GetNATRSIPStatus",
                "GetSpecificPortMappingEntry", "GetStatusInfo",
            ]),
        UPnPStandardService(
            name: "WANPPPConnection", meaning: "the same on lines that use PPP",
            actions: [
                "AddPortMapping", "DeletePortMapping", "GetExternalIPAddress",
                "GetGenericPortMappingEntry", "GetNATRSIPStatus", "GetSpecificPortMappingEntry",
                "GetStatusInfo",
            ]),
        UPnPStandardService(
            name: "WANIPv6FirewallControl", meaning: "pinholes for IPv6",
            actions: [
                "AddPinhole", "CheckPinholeWorking", "DeletePinhole", "GetFirewallStatus",
                "GetOutboundPinholeTimeout", "GetPinholePackets", "UpdatePinhole",
            ]),
        UPnPStandardService(
            name: "WANCommonInterfaceConfig", meaning: "the line, its speed and traffic",
            actions: [
                "GetCommonLinkProperties", "GetTotalBytesReceived", "GetTotalBytesSent",
                "GetTotalPacketsReceived", "GetTotalPacketsSent",
            ]),
        UPnPStandardService(
            name: "Layer3Forwarding", meaning: "which connection is the default",
            actions: ["GetDefaultConnectionService"]),
    ]
}

/// What natctl adds to the script of a shell that ArgumentParser generates: behind `map ... --` stands
/// another command, which the shell completes as it would without natctl.
enum CommandCompletion {
    /// The script with the addition.
    static func added(to script: String) -> String {
        if script.hasPrefix("#compdef") {
            // At its end the script already completes, the first time that zsh loads it.
            let end = "\nif [[ \"${funcstack[1]}\" = _natctl ]]; then"
            return Self.script(script, with: zsh + end, inPlaceOf: end)
        }
        if script.hasPrefix("#!/bin/bash") { return script + bash }
        // Fish says where the cursor is only to a script that completes at its own prompt.
        let cursor = "(__natctl_tokens -tC)"
        return Self.script(
            script, with: "(string length -- (commandline -ct))", inPlaceOf: cursor) + fish
    }

    /// The script with another text in place of a piece of it, wherever it stands.
    private static func script(
        _ script: String, with text: String, inPlaceOf piece: String
    ) -> String {
        var (rest, changed) = (script[...], "")
        while let place = rest.firstPlace(of: piece) {
            changed += rest[..<place.lowerBound] + text
            rest = rest[place.upperBound...]
        }
        return changed + rest
    }

    private static let bash = #"""


        # Behind `--` stands another command.
        _natctl_or_command() {
            local -i index
            if [[ "${COMP_WORDS[1]}" == map ]]; then
                for ((index = 2; index < COMP_CWORD; index++)); do
                    [[ "${COMP_WORDS[index]}" == -- ]] || continue
                    if declare -F _comp_command_offset >/dev/null; then
                        _comp_command_offset "$((index + 1))"
                    elif declare -F _command_offset >/dev/null; then
                        _command_offset "$((index + 1))"
                    elif ((COMP_CWORD == index + 1)); then
                        COMPREPLY=($(compgen -A command -- "${2}"))
                    else
                        COMPREPLY=($(compgen -A file -- "${2}"))
                    fi
                    return
                done
            fi
            _natctl "$@"
        }

        complete -o filenames -F _natctl_or_command natctl
        """#

    private static let zsh = #"""

        # Behind `--` stands another command.
        functions[_natctl_arguments]="${functions[_natctl]}"
        _natctl() {
            local -i terminator="${words[(i)--]}"
            if [[ "${words[2]}" = map ]] && ((terminator < CURRENT)); then
                shift "${terminator}" words
                ((CURRENT -= terminator))
                _normal
            else
                _natctl_arguments "${@}"
            fi
        }

        """#

    private static let fish = #"""


        # Behind `--` stands another command.
        function __natctl_names_command
            set -l tokens (commandline -opc)
            test "$tokens[2]" = map; and contains -- -- $tokens
        end

        function __natctl_complete_command
            set -l tokens (commandline -opc)
            set -l start (math (contains -i -- -- $tokens) + 1)
            set -l command
            test $start -le (count $tokens); and set command (string escape -- $tokens[$start..])
            complete -C (string join -- ' ' $command (commandline -ct))
        end

        complete -c 'natctl' -n '__natctl_names_command' -fa '(__natctl_complete_command)'
        """#
}
