package import NATTraversal

extension GatewayAddress {
    /// The gateway of most tests, 192.168.77.1.
    package static let router = test("192.168.77.1")

    /// The gateway of this text, which a test knows to be an address.
    package static func test(_ text: String) -> GatewayAddress {
        guard let gateway = GatewayAddress(text) else { fatalError("no gateway: \(text)") }
        return gateway
    }
}
