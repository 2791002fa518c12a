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
    /// Another router, with a default route of a higher metric through it.
    case secondRouter
    case secondClient
    /// The client has a second interface on the LAN, wlan0.
    case secondInterface
    /// The client has a tunnel to a VPN that leads to the WAN; no route leads into it.
    case vpn
    /// A container behind a bridge of the client.
    case container
    /// The router is behind another one, at this address; its own is `external`.
    case outerRouter(String, hasDaemon: Bool = true)
    /// The router runs the simulator with these options.
    case simulator(String)

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
        case .secondRouter: ["--second-router"]
        case .secondClient: ["--second-client"]
        case .secondInterface: ["--second-interface"]
        case .vpn: ["--vpn"]
        case .container: ["--container"]
        case .outerRouter(let address, let hasDaemon):
            ["--outer-router", address + (hasDaemon ? "" : ",forwards")]
        case .simulator(let options):
            [
                "--router-program",
                Lab.simulator + " --listen 192.168.77.1 --port 5351 " + options,
            ]
        }
    }
}
