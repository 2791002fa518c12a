/// How a lab differs from a LAN with a willing router, as the script `lab` takes it.
enum LabOption {
    /// A line for miniupnpd.conf, before the usual ones.
    case config(String)
    /// The router's address on the WAN.
    case external(String)
    /// The router forwards and every port of it is closed.
    case noDaemon
    /// An nft rule for what the LAN sends to the router, such as `udp dport 5351 reject`.
    case filter(String)
    /// Milliseconds between the client and the LAN and back.
    case roundTrip(Int)
    /// Percent of the frames lost between the client and the LAN, each way.
    case loss(Int)
    /// Percent of the frames doubled there.
    case duplicate(Int)
    /// IPv6 as a router's advertisements make it: `fe80::1` is the router, and the client has a
    /// stable, a temporary, a unique-local and a deprecated address.
    case slaac
    /// Another router, with a default route of a higher metric through it.
    case secondRouter
    case secondClient

    /// Counts what is sent to port 5351.
    static let countRequests = filter("udp dport 5351 counter accept")

    /// No answer to anything but ARP and ping; counts what it is asked.
    static let silentGateway = filter("meta l4proto { tcp, udp } counter drop")

    var arguments: [String] {
        switch self {
        case .config(let line): ["--config", line]
        case .external(let address): ["--external", address]
        case .noDaemon: ["--no-daemon"]
        case .filter(let rule): ["--filter", rule]
        case .roundTrip(let milliseconds): ["--round-trip", "\(milliseconds)"]
        case .loss(let percent): ["--loss", "\(percent)"]
        case .duplicate(let percent): ["--duplicate", "\(percent)"]
        case .slaac: ["--slaac"]
        case .secondRouter: ["--second-router"]
        case .secondClient: ["--second-client"]
        }
    }
}
