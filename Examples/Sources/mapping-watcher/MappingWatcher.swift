import NATTraversal
import Surroundings

/// Makes the port of any server on this host public, and prints every change:
/// `mapping-watcher tcp|udp PORT`.
@main struct MappingWatcher {
    static func main() async {
        let interruption = Interruption()
        let arguments = CommandLine.arguments.dropFirst()
        guard let transport = arguments.first.flatMap(TransportProtocol.init(rawValue:)),
            let port = arguments.dropFirst().first.flatMap({ PortNumber($0) })
        else { return print("usage: mapping-watcher tcp|udp PORT") }

        let listener = MappingListener(
            transport, address: .v4(.unspecified), port: port,
            mapper: PortMapper(
                gatewayOfTheEnvironment(), applicationName: "mapping-watcher"))
        let telling = Task {
            for await assignments in listener {
                show("\(transport.rawValue) \(port): \(assignments.line)")
            }
        }
        await interruption.wait()
        await listener.stop()
        await telling.value
    }
}
