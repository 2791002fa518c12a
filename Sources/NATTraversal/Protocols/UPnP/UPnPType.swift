/// A device or service type: `urn:DOMAIN:service:NAME:VERSION`.
public struct UPnPType: Hashable, Sendable, CustomStringConvertible {
    /// What the type is a type of.
    public enum Kind: String, Sendable {
        /// A device.
        case device
        /// A service of a device.
        case service
    }

    /// The type as the device spells it, which is how it is sent back (D-4).
    public let description: String
    /// Who defines it: `schemas-upnp-org`.
    public let domain: String
    /// Whether it is a device or a service.
    public let kind: Kind
    /// The short name: `WANIPConnection`.
    public let name: String
    /// The version, 1 or more where it can be read, else 0.
    public let version: Int

    /// Reads a type; case does not matter but in the name.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEqualIgnoringCase("urn"),
            let kind = Kind(rawValue: parts[2].lowercased())
        else { return nil }
        description = text
        domain = parts[1].lowercased()
        self.kind = kind
        name = String(parts[3])
        version = Int(parts[4]).map { max($0, 0) } ?? 0
    }

    /// A type of the UPnP Forum.
    init(_ kind: Kind, _ name: String, version: Int) {
        domain = "schemas-upnp-org"
        self.kind = kind
        self.name = name
        self.version = version
        description = "urn:\(domain):\(kind.rawValue):\(name):\(version)"
    }

    /// Whether a device or service of this type can map ports, or holds one that can.
    var namesGateway: Bool {
        name.isEqualIgnoringCase("InternetGatewayDevice") || connectionRank != nil
    }

    /// Where a connection service of this type stands among others, 0 first (D-6).
    ///
    /// WANIPConnection before WANPPPConnection, version 2 before 1, and the DSL Forum's dialects
    /// (D-5) behind those of the UPnP Forum. `nil` for any other type.
    var connectionRank: Int? {
        guard kind == .service else { return nil }
        let domains = [
            ["schemas-upnp-org"], ["dslforum-org", "schemas-dslforum-org"],
        ]
        let names = ["WANIPConnection", "WANPPPConnection"]
        guard let dialect = domains.firstIndex(where: { $0.contains(domain) }),
            let protocolRank = names.firstIndex(where: { $0.isEqualIgnoringCase(name) })
        else { return nil }
        return dialect * 4 + protocolRank * 2 + (version >= 2 ? 0 : 1)
    }
}
