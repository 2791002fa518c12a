/// The external port that a request suggests, and the next one when it is refused: for every
/// technique alike.
struct PortSuggestion: Hashable, Sendable {
    /// What is suggested now.
    private(set) var port: PortNumber
    /// What was wanted at first.
    let wanted: PortNumber
    /// Whether no other port will do.
    let isExact: Bool
    private var refusals = 0

    init(_ wanted: PortNumber, isExact: Bool) {
        self.wanted = wanted
        self.isExact = isExact
        port = wanted
    }

    /// Takes another port: first the next one, then any of the dynamic ports, where no well-known
    /// service is (A-15; RFC 6335, section 6).
    ///
    /// - Parameter limit: how many ports are asked for in all.
    /// - Returns: `false` when this very port is wanted, or enough have been asked for.
    mutating func moveOn(limit: Int = GatewayReaction.portLimit) -> Bool {
        guard !isExact, refusals + 1 < limit else { return false }
        refusals += 1
        let next = port.rawValue < .max ? PortNumber(rawValue: port.rawValue + 1) : nil
        port =
            if refusals == 1, let next, next.rawValue >= 1024 { next } else { .randomDynamic() }
        return true
    }

    /// Suggests a port that is as good as the wanted one.
    mutating func suggest(_ port: PortNumber) { self.port = port }

    /// Suggests the wanted port again; what was refused stays counted.
    mutating func startOver() { port = wanted }
}
