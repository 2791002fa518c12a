/// An argument or a result of an action, by its name on the wire.
public struct UPnPArgument: Hashable, Sendable {
    /// The name, which has a case: `NewExternalPort`.
    public var name: String
    /// The value as text.
    public var value: String

    /// An argument of this name.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
