import GatewaySimulator
import NATTraversal

extension SimulatedGateway {
    /// The first answer to a datagram from 127.0.0.1; `nil` when none comes in time.
    ///
    /// - Throws: `SystemError`, ECONNREFUSED where the port is closed.
    func ask(_ request: [UInt8], within limit: Duration = .seconds(10)) async throws -> [UInt8]? {
        try await answers(to: request, count: 1, within: limit).first
    }

    /// The first `count` answers to a datagram, or as many as come in time.
    func answers(
        to request: [UInt8], count: Int, within limit: Duration = .seconds(10)
    ) async throws -> [[UInt8]] {
        let socket = try UDPSocket(.ipv4)
        try socket.connect(to: gateway)
        try socket.send(request)
        let deadline = ContinuousClock.now + limit
        var answers: [[UInt8]] = []
        while answers.count < count, let answer = try await socket.receive(until: deadline) {
            answers.append(answer.payload)
        }
        return answers
    }
}
