import NATTraversal

/// The addresses of this host's interfaces, in every form they can be shown.
struct InterfaceListOutput: CommandOutput {
    let kind = DocumentKind.listInterfaces
    /// What is shown.
    let shown: [NetworkInterface]
    /// The best address of each family, where one is shown; else loopback's.
    private let best: [NetworkInterface]

    /// Leaves out loopback addresses and interfaces that are down, unless `all` are wanted.
    ///
    /// An address for the network may be on the loopback interface too.
    init(_ interfaces: [NetworkInterface], all: Bool) {
        shown = all ? interfaces : interfaces.filter { $0.isUp && $0.scope != .loopback }
        let best = shown.filter(\.isBest)
        self.best = (best.isEmpty ? interfaces.filter(\.isBest) : best).sorted {
            $0.family == .ipv4 && $1.family == .ipv6
        }
    }

    func lines(on page: Page) -> [StyledLine] {
        if shown.isEmpty { return [] }
        let rows = shown.map { interface in
            [
                StyledLine(interface.shownName),
                "\(interface.address)/\(interface.prefixLength)",
                StyledLine(interface.scope.rawValue),
                interface.isUp ? "up" : StyledLine("down", .secondary),
                StyledLine(interface.isBest ? "best" : "", .good),
            ]
        }
        let header = ["INTERFACE", "ADDRESS", "SCOPE", "STATE"].map { StyledLine($0, .heading) }
        return aligned([header] + rows)
    }

    var remarks: [String] { shown.isEmpty ? [noAddresses] : [] }

    var quietLines: [String] { best.map(\.address.description) }

    var document: [String: JSONValue] {
        ["interfaces": .array(shown.map(\.document)), "warnings": []]
    }
}

extension NetworkInterface {
    /// The name, in quotes unless it is plain ASCII: the kernel forbids little in it (T-6).
    fileprivate var shownName: String {
        name.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? name : displayed(name)
    }

    /// The interface as the JSON schema describes it.
    fileprivate var document: JSONValue {
        [
            "name": .string(name), "index": JSONValue(index),
            "address": .string(address.description), "prefixLength": JSONValue(prefixLength),
            "family": .string(family.rawValue), "scope": .string(scope.rawValue),
            "isUp": .bool(isUp), "isLoopback": .bool(isLoopback), "isBest": .bool(isBest),
        ]
    }
}
