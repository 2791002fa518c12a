/// How mappings are held.
public struct HoldOptions: Hashable, Sendable {
    /// How often one mapping of each gateway is read back where its table can be read.
    public var readBackInterval = Duration.seconds(300)
    /// Which local addresses are told beside the public ones.
    public var localAddresses = LocalAddresses.internal

    /// The addresses at which a service can be reached on this network.
    public enum LocalAddresses: Hashable, Sendable {
        /// The one that the mapping leads to.
        case `internal`
        /// This one, where the service is bound to it.
        case only(IPAddress)
        /// Every address of every interface that is up, of one family or of both, where the service
        /// is bound to a wildcard.
        case everyInterface(AddressFamily?)
    }

    /// The defaults.
    public init() {}
}
