struct GatewaySignals: Sendable {
    init(_ way: NetworkWay?) {}
    func run(_ hear: @escaping @Sendable (HoldSignal) -> Void) async {}
}
