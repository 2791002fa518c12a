/// A port to make public: an IPv4 port to map, or an IPv6 port to open in the gateway's firewall.
public struct MappingRequest: Hashable, Sendable {
    /// The transport of the port.
    public var transport: TransportProtocol
    /// The port on this host, or on the host at `internalAddress`.
    public var internalPort: PortNumber
    /// The family of the addresses.
    ///
    /// IPv6 has no translation: what is opened is this host's own address and port, by PCP or
    /// UPnP's WANIPv6FirewallControl.
    public var family: AddressFamily
    /// The external port to suggest; `nil` is the internal one, or the lease's in a renewal.
    ///
    /// For IPv6 it can only be the internal one.
    public var externalPort: PortNumber?
    /// Whether the gateway chooses the external port, and any is as good as another.
    ///
    /// `externalPort` is `nil` then. UPnP has no way to say it and is asked for the internal port first.
    public var takesAnyExternalPort: Bool
    /// Whether it is a failure to get another external port.
    public var isExact: Bool
    /// Whether tcp and udp of the internal port are to have one external port: the request for the
    /// other transport, in the same call, says so as well.
    ///
    /// With `isExact` either both are mapped or none is.
    public var isPaired = false
    /// Whether an external address that is not public is a failure.
    public var requiresPublic: Bool
    /// Whether the gateway's table, read by UPnP, must show the mapping whatever technique made it.
    public var mustBeVerified: Bool
    /// The lifetime to request, in whole seconds; the gateway may grant less or more.
    public var lifetime: Duration
    /// The host to map to, or one of this host's addresses; `nil` is this host's address towards
    /// the gateway, for IPv6 its stable global one.
    ///
    /// Of the request's family.
    public var internalAddress: IPAddress?
    /// The only peer allowed to send to the port, of the request's family; `nil` is anyone.
    public var remoteHost: IPAddress?
    /// The text for the gateway's table, at most 64 bytes; `nil` is the application's name with
    /// transport and port.
    public var description: String?
    /// The port's last grant, whose external port is suggested unless the user names one.
    var former: FormerGrant?
    /// The suggestion that the lease remembers, where it is not `externalPort`.
    private(set) var rememberedSuggestion: PortNumber?
    /// Who asks; the mapper says it.
    var applicationName = ApplicationName.natctl

    /// A request; what is left out has the defaults of `natctl map`.
    public init(
        _ transport: TransportProtocol, internalPort: PortNumber, family: AddressFamily = .ipv4,
        externalPort: PortNumber? = nil, takesAnyExternalPort: Bool = false,
        isExact: Bool = false, requiresPublic: Bool = false, mustBeVerified: Bool = false,
        lifetime: Duration = .seconds(7200), internalAddress: IPAddress? = nil,
        remoteHost: IPAddress? = nil, description: String? = nil
    ) {
        self.transport = transport
        self.internalPort = internalPort
        self.family = family
        self.externalPort = externalPort
        self.takesAnyExternalPort = takesAnyExternalPort
        self.isExact = isExact
        self.requiresPublic = requiresPublic
        self.mustBeVerified = mustBeVerified
        self.lifetime = lifetime
        self.internalAddress = internalAddress
        self.remoteHost = remoteHost
        self.description = description
    }

    /// Why no gateway can be asked for it; `nil` where it can.
    var problem: String? {
        for address in [internalAddress, remoteHost].compactMap(\.self)
        where address.family != family {
            return "\(address) does not belong to the same IP version as the port"
        }
        for address in [internalAddress, remoteHost].compactMap(\.self) where !address.canBeHost {
            return "\(address) is no host's address"
        }
        if takesAnyExternalPort, isExact || externalPort != nil {
            return "any external port was requested, and a certain one too"
        }
        guard family == .ipv6 else { return nil }
        if let externalPort, externalPort != internalPort {
            return
                "IPv6 has no translation: port \(internalPort) cannot be opened as \(externalPort)"
        }
        return mustBeVerified
            ? "no table shows open IPv6 ports, so they cannot be verified" : nil
    }

    /// The port to suggest when nothing is remembered: what the user wishes.
    var suggestedExternalPort: PortNumber { externalPort ?? internalPort }

    /// The port to suggest for a mapping: that of before (RFC 6887, section 8.5), unless it led to
    /// another address of this host on the same gateway, which may still hold it.
    func suggestedExternalPort(for key: Lease.Key) -> PortNumber {
        guard externalPort == nil, !isExact, let former,
            former.key.gateway != key.gateway || former.key.internalAddress == key.internalAddress
        else { return suggestedExternalPort }
        return former.externalPort
    }

    /// The suggestion that the lease remembers, so that the user's own command is a renewal later.
    var recordedSuggestion: PortNumber { rememberedSuggestion ?? suggestedExternalPort }

    /// The same for this external port and no other; its lease remembers `suggestion`.
    func moved(to port: PortNumber, remembering suggestion: PortNumber) -> MappingRequest {
        var request = self
        request.externalPort = port
        request.takesAnyExternalPort = false
        request.isExact = true
        request.rememberedSuggestion = suggestion
        return request
    }

    /// A mapping of the same port that was held before.
    struct FormerGrant: Hashable, Sendable {
        var key: Lease.Key
        var externalPort: PortNumber
    }

    /// The description for the gateway's table.
    var shownDescription: String {
        description ?? applicationName.mappingDescription(transport, internalPort)
    }
}
