@testable import NATTraversal

/// A gateway's firewall control, whose answers are laid by hand as miniupnpd's are.
final class ScriptedFirewall: Sendable {
    struct State: Sendable {
        /// What is open, by identifier.
        var open: [Int: Pinhole] = [:]
        var lastIdentifier = 0
        /// The calls as they came, `AddPinhole tcp 8080 600`.
        var calls: [String] = []
        /// What each action is answered instead, used up in turn.
        var faults: [String: [ScriptedIGD.Fault]] = [:]
        var isEnabled = "1"
        var allowsInbound = "1"
        /// Whether adding an open pinhole adds the lease to the uptime.
        var growsLeases = false
        var unknownPinhole = 704
    }

    struct Pinhole: Hashable, Sendable {
        /// The five arguments that name it.
        var tuple: [String]
        var lease: Int
    }

    let state = Locked(State())

    static let description = """
        <root><device><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:2\
        </serviceType><controlURL>/c</controlURL></service><service>\
        <serviceType>urn:schemas-upnp-org:service:WANIPv6FirewallControl:1</serviceType>\
        <controlURL>/f</controlURL></service></device></root>
        """

    /// The network on which a search finds it at `gateway`, naming another address.
    func network(_ gateway: SocketAddress) -> ScriptedUPnPNetwork {
        let http = ScriptedHTTP { [self] request in
            request.url.target == "/d.xml"
                ? .status(200, Array(Self.description.utf8)) : try answer(request)
        }
        return ScriptedUPnPNetwork(http: http) { _, _ in
            [
                ScriptedUPnPNetwork.answer(
                    from: gateway, location: "http://[fd77::1]:5000/d.xml")
            ]
        }
    }

    /// The actions that were called so far.
    var calls: [String] { state.current.calls }
    /// What is open, with its lease: `6 8080 600`.
    var open: [String] {
        state.current.open.sorted { $0.key < $1.key }.map { _, pinhole in
            "\(pinhole.tuple[4]) \(pinhole.tuple[3]) \(pinhole.lease)"
        }
    }

    /// What the gateway says to a call.
    func answer(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let body = request.call?.body,
            case .response(let call) = try SOAPAnswer(parsing: body, limits: .action)
        else { return .status(400) }
        let values = call.results.map(\.value)
        return try state.withLock { state in
            state.calls.append(([call.element] + values).joined(separator: " "))
            if var faults = state.faults[call.element], !faults.isEmpty {
                let fault = faults.removeFirst()
                state.faults[call.element] = faults
                if case .done = fault { _ = state.respond(to: call.element, values) }
                return try fault.response
            }
            return state.respond(to: call.element, values)
        }
    }
}

extension ScriptedFirewall.State {
    fileprivate mutating func respond(to action: String, _ values: [String]) -> HTTPResponse {
        switch (action, values.count) {
        case ("GetFirewallStatus", 0):
            return .soap(
                action,
                "<FirewallEnabled>\(isEnabled)</FirewallEnabled>"
                    + "<InboundPinholeAllowed>\(allowsInbound)</InboundPinholeAllowed>")
        case ("AddPinhole", 6):
            let tuple = Array(values.prefix(5))
            let lease = Int(values[5]) ?? 0
            if let known = open.first(where: { $0.value.tuple == tuple })?.key {
                open[known]?.lease = growsLeases ? lease + 1589 : lease
                return .soap(action, "<UniqueID>\(known)</UniqueID>")
            }
            lastIdentifier += 1
            open[lastIdentifier] = ScriptedFirewall.Pinhole(tuple: tuple, lease: lease)
            return .soap(action, "<UniqueID>\(lastIdentifier)</UniqueID>")
        case ("UpdatePinhole", 2):
            guard let known = Int(values[0]), open[known] != nil else {
                return .soap(fault: unknownPinhole)
            }
            open[known]?.lease = Int(values[1]) ?? 0
            return .soap(action, "")
        case ("DeletePinhole", 1):
            guard let known = Int(values[0]), open.removeValue(forKey: known) != nil else {
                return .soap(fault: unknownPinhole)
            }
            return .soap(action, "")
        default: return .soap(fault: 402)
        }
    }
}
