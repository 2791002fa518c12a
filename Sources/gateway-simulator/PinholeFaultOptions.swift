import ArgumentParser
import GatewaySimulator

/// What the gateway does wrong over IPv6.
struct PinholeFaultOptions: ParsableArguments {
    @Flag(help: "A renewal by PCP makes the gateway forget the nonce: nothing deletes it then.")
    var forgetNonces = false

    @Flag(help: "PCP answers a renewal with the port that was suggested.")
    var echoPorts = false

    @Flag(help: "AddPinhole of an open port adds the lease to the gateway's uptime.")
    var growLeases = false

    @Option(help: "The code for an identifier that is not known: 704, 402, 501 or 606.")
    var unknownPinhole = 704

    @Flag(help: "The firewall is off: everything is open.") var firewallOff = false
    @Flag(help: "Clients may open nothing by UPnP.") var noInbound = false
    @Option(help: "How many ports may be open.") var pinholeLimit: Int?

    /// The faults asked for.
    var faults: PinholeFaults {
        var faults = PinholeFaults()
        faults.forgetsNonces = forgetNonces
        faults.echoesPorts = echoPorts
        faults.growsLeases = growLeases
        faults.unknownPinhole = unknownPinhole
        faults.isFirewallOff = firewallOff
        faults.refusesInbound = noInbound
        faults.limit = pinholeLimit ?? faults.limit
        return faults
    }
}
