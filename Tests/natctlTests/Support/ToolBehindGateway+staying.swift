import Foundation
import TestSupport
import Testing

extension ToolBehindGateway {
    /// Lends the events of a `natctl` that stays to `body`, and ends it by SIGTERM.
    func natctl(
        staying arguments: String, format: String = "--json -v",
        body: (StayingTool) async throws -> Void
    ) async throws {
        let outcome = try await running("\(arguments) \(format)") { tool in
            try await body(
                StayingTool(
                    look: { StayingTool.Texts(output: tool.output, errors: tool.errors) },
                    send: { tool.send($0) }))
            tool.send(SIGTERM)
        }
        #expect(outcome.status == 128 + SIGTERM, "\(outcome.output)\(outcome.errors)")
    }
}
