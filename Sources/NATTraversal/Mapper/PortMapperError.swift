/// Why an operation on mappings failed.
///
/// Each case says what happened; the caller words it for people.
public enum PortMapperError: Error, Hashable, Sendable {
    /// This host has no default route with a gateway.
    case noGateway
    /// There is no interface of this name.
    case noSuchInterface(String)
    /// The gateway cannot be reached: ICMP says so, or the service that UPnP found refuses the
    /// connection; then `technique` is UPnP.
    case closed(gateway: String, technique: Technique? = nil, cause: SystemError)
    /// The gateway answers, but offers none of the allowed techniques.
    case unsupported(gateway: String, technique: Technique)
    /// The gateway did not answer in this time; `technique` is one by which it had answered before.
    case noAnswer(gateway: String, technique: Technique? = nil, after: Duration)
    /// The gateway's answer does not fit the request, or its grant is no mapping.
    case badAnswer(gateway: String, technique: Technique, problem: String)
    /// The gateway refused.
    case refused(GatewayRefusal)
    /// Another external port was granted than the one demanded; the grant was deleted.
    case portTaken(gateway: String, technique: Technique, wanted: PortNumber, granted: PortNumber)
    /// The entry at this external port leads to another host, and was left alone.
    case foreign(gateway: String, externalPort: PortNumber, client: IPAddress)
    /// The gateway has no external address.
    case noExternalAddress(gateway: String, technique: Technique)
    /// The external address cannot be reached from the Internet, although that was demanded.
    case notPublic(IPAddress, gateway: String, technique: Technique)
    /// No remaining technique can express the request, such as a remote host by NAT-PMP.
    case inexpressible(String)
    /// No UPnP device has a service of this name.
    case noSuchService(String)
    /// Another process has unmapped a port that this one holds.
    case unmappedElsewhere(gateway: String)
    /// A system call on this host failed.
    case system(SystemError)
    /// The lease file could not be used, and the operation needs it.
    case leaseFile(path: String, problem: String)
}

extension PortMapperError {
    /// The error, told as a silence since `start` where it is one: each technique knows only of its
    /// own part of the wait.
    package func silent(since start: ContinuousClock.Instant) -> PortMapperError {
        guard case .noAnswer(let gateway, let technique, _) = self else { return self }
        return .noAnswer(
            gateway: gateway, technique: technique, after: start.duration(to: .now))
    }
}
