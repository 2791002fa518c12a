/// An action of a service, as the service describes it.
public struct UPnPAction: Hashable, Sendable {
    /// The name that is called.
    public var name: String
    /// What it takes, in the order it is sent (H-4).
    public var inputs: [Argument] = []
    /// What it returns.
    public var outputs: [Argument] = []

    /// An argument with what the service says of its values.
    public struct Argument: Hashable, Sendable {
        /// The name on the wire.
        public var name: String
        /// The data type of UPnP, `ui2` or `string`; `nil` where the service does not tell.
        public var type: String?
        /// The only values there are; empty where any will do.
        public var allowedValues: [String] = []
        /// The smallest number, as the service spells it.
        public var minimum: String?
        /// The largest number, as the service spells it.
        public var maximum: String?
    }
}
