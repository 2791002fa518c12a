/// The external port that a request suggests, and the next one after a refusal, for all techniques.
struct PortSuggestion: Hashable, Sendable {
    /// The port suggested now.
    private(set) var port: PortNumber
    /// The wanted port, which is suggested first.
    let wanted: PortNumber
    /// Whether no other port will do.
    let isExact: Bool
    /// Whether the gateway may choose: PCP and NAT-PMP are then asked for port 0 at first, which in
    /// UPnP would mean every port.
    let isAny: Bool
    private var refusals = 0

    init(_ wanted: PortNumber, isExact: Bool, isAny: Bool = false) {
        self.wanted = wanted
        self.isExact = isExact
        self.isAny = isAny
        port = wanted
    }

    /// The port in a request by PCP or NAT-PMP; 0 leaves the choice to the gateway (RFC 6886,
    /// section 3.3; RFC 6887, section 11.1).
    var wireValue: UInt16 { isAny && port == wanted ? 0 : port.rawValue }

    /// Suggests another port: first the next one, then any of the dynamic ports, which no
    /// well-known service uses (A-15; RFC 6335, section 6).
    ///
    /// - Parameter limit: how many ports to ask for in all.
    /// - Returns: `false` when no other port will do, or the limit is reached.
    mutating func moveOn(limit: Int = GatewayReaction.portLimit) -> Bool {
        guard !isExact, refusals + 1 < limit else { return false }
        refusals += 1
        let next = port.rawValue < .max ? PortNumber(rawValue: port.rawValue + 1) : nil
        port =
            if refusals == 1, let next, next.rawValue >= 1024 { next } else { .randomDynamic() }
        return true
    }

    /// Suggests this port.
    mutating func suggest(_ port: PortNumber) { self.port = port }

    /// Suggests the wanted port again; earlier refusals still count.
    mutating func startOver() { port = wanted }
}
