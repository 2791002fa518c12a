import ArgumentParser
import GatewaySimulator

/// What the UPnP side of the gateway is.
struct UPnPOptions: ParsableArguments {
    @Option(help: "The version of the device and its WANIPConnection, 1 or 2.") var igd = 2
    @Flag(help: "The connection is a WANPPPConnection:1.") var ppp = false

    @Option(help: "The TCP port of descriptions and control; 0 for any that is free.")
    var httpPort: UInt16 = 0

    @Flag(help: "Nothing listens on the TCP port; searches are answered all the same.")
    var closedHTTPPort = false

    @Option(help: "The UDP port that answers searches; 0 for any that is free.")
    var searchPort: UInt16 = 0

    @Flag(help: "Answers multicast searches on the gateway's interface; wants --search-port 1900.")
    var multicast = false

    @Flag(help: "A restart moves descriptions and control to another port.")
    var moveOnRestart = false

    @Flag(help: "Clients may map to other addresses than their own and ports below 1024.")
    var insecure = false

    /// The UPnP side that behaves.
    var configuration: UPnPConfiguration {
        var configuration = UPnPConfiguration()
        configuration.version = igd
        configuration.usesPPP = ppp
        configuration.port = httpPort
        configuration.hasClosedPort = closedHTTPPort
        configuration.searchPort = searchPort
        configuration.joinsMulticast = multicast
        configuration.movesOnRestart = moveOnRestart
        configuration.isSecure = !insecure
        return configuration
    }

    func validate() throws {
        guard (1...2).contains(igd) else { throw ValidationError("--igd is 1 or 2.") }
    }
}
