/// What stands at the end of a help: examples, the variables of the environment, the manual page.
struct HelpEpilogue {
    struct Example {
        var line: String
        var meaning: String

        init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    /// A variable of the environment that natctl reads.
    enum Variable: String, CaseIterable {
        case gateway = "NATCTL_GATEWAY"
        case location = "NATCTL_LOCATION"
        case interface = "NATCTL_INTERFACE"
        case state = "NATCTL_STATE"
        case noColor = "NO_COLOR"
        case terminal = "TERM"

        var meaning: String {
            switch self {
            case .gateway, .location, .interface: "The default of --\(self)."
            case .state: "The folder of the lease file."
            case .noColor: "When set, no colour and no progress line."
            case .terminal: "When dumb, the same."
            }
        }
    }

    /// The manual page.
    var page: String
    var examples: [Example]
    var variables: [Variable]

    /// As text below the help of ArgumentParser's.
    var text: String {
        var lines = ["", "EXAMPLES:"]
        for example in examples {
            lines += ["  \(example.line)", "      \(example.meaning)"]
        }
        lines += ["", "ENVIRONMENT VARIABLES:"]
        for variable in variables {
            let gap = String(repeating: " ", count: 24 - variable.rawValue.count)
            lines.append("  \(variable.rawValue)\(gap)\(variable.meaning)")
        }
        return (lines + ["", "  See 'man \(page)' for the manual."]).joined(separator: "\n")
    }

    /// That of a command, `nil` for natctl's own.
    static func of(_ command: String?) -> HelpEpilogue {
        HelpEpilogue(
            page: command.map { "\(NATCtl.name)-\($0)" } ?? NATCtl.name,
            examples: examples(of: command), variables: variables(of: command))
    }

    private static func variables(of command: String?) -> [Variable] {
        switch command {
        case "list-interfaces": [.noColor, .terminal]
        case nil, "map", "unmap", "list", "watch": Variable.allCases
        default: [.gateway, .location, .interface, .noColor, .terminal]
        }
    }

    private static func examples(of command: String?) -> [Example] {
        switch command {
        case "external-ip":
            [
                Example("natctl external-ip", "Print the external address."),
                Example(
                    "natctl external-ip --require-public -q",
                    "Print it for a script, or fail when it is not public."),
                Example("natctl external-ip --all", "Compare what every technique reports."),
            ]
        case "map":
            [
                Example(
                    "natctl map tcp 8080",
                    "Open TCP port 8080 for two hours; run it again to renew the mapping."),
                Example(
                    "natctl map 80:8080/tcp 51820/udp --exact",
                    "Open external port 80 for port 8080, and UDP port 51820, or fail."),
                Example(
                    "natctl map tcp 8080 -- python3 -m http.server 8080",
                    "Keep the port open for as long as the server runs."),
            ]
        case "unmap":
            [
                Example("natctl unmap tcp 8080", "Close the port that natctl map tcp 8080 opened."),
                Example("natctl unmap --all", "Delete every mapping that natctl has made."),
                Example(
                    "natctl unmap tcp --external-port 80",
                    "Delete the mapping with external port 80, if it leads to this host."),
            ]
        case "list":
            [
                Example("natctl list", "Show the gateway's mappings and natctl's leases."),
                Example(
                    "natctl list --leases", "Show natctl's own mappings, even offline."),
                Example(
                    "natctl list --json | jq '.mappings[] | select(.mine)'",
                    "Print the mappings that natctl has made, as JSON."),
            ]
        case "list-interfaces":
            [
                Example("natctl list-interfaces", "Show this host's addresses."),
                Example("natctl list-interfaces -q", "Print the best address of each family."),
            ]
        case "gateway":
            [
                Example("natctl gateway", "Show the path to the Internet and a diagnosis."),
                Example("natctl gateway -q", "Print the best gateway's address without asking it."),
                Example(
                    "natctl gateway --report report.json",
                    "Save what the gateways answered, masked, to send with a bug report."),
            ]
        case "upnp-scan":
            [
                Example("natctl upnp-scan", "List the UPnP devices that answer within 3 seconds."),
                Example(
                    "natctl upnp-scan --target upnp:rootdevice --scan-time 1s",
                    "Search for root devices only, for one second."),
                Example(
                    "natctl upnp-scan --actions --location http://192.168.1.1:5000/desc.xml",
                    "List the services and actions of one device."),
            ]
        case "upnp-call":
            [
                Example(
                    "natctl upnp-call WANIPConnection GetExternalIPAddress",
                    "Ask the gateway for its external address."),
                Example(
                    "natctl upnp-call WANIPConnection DeletePortMapping \\\n"
                        + "      NewRemoteHost= NewExternalPort=8080 NewProtocol=TCP",
                    "Delete a mapping, whoever made it."),
            ]
        case "watch":
            [
                Example("natctl watch", "Print each change until Ctrl-C."),
                Example(
                    "natctl watch -q", "Print the external address now and whenever it changes."),
            ]
        default:
            [
                Example("natctl map tcp 8080", "Open TCP port 8080 for two hours."),
                Example("natctl unmap tcp 8080", "Close it again."),
                Example(
                    "natctl gateway", "Find out what stands between this host and the Internet."),
            ]
        }
    }
}
