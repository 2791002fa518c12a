import ArgumentParser
import GatewaySimulator

@main struct GatewaySimulatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "gateway-simulator")
}
