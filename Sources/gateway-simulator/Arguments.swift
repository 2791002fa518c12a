import ArgumentParser
import GatewaySimulator

extension GatewayFaults.AnswerSource: ExpressibleByArgument {}
extension GatewayFaults.Corruption: ExpressibleByArgument {}
extension GatewayFaults.Silence: ExpressibleByArgument {}
extension GatewayFaults.GrantedPort: ExpressibleByArgument {}
extension UPnPFaults.Framing: ExpressibleByArgument {}
