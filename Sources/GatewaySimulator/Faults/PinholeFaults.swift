/// The faults of a simulated gateway over IPv6; each was seen on miniupnpd.
package struct PinholeFaults: Sendable {
    /// Whether PCP forgets the nonce of a pinhole when that is renewed: every nonce renews it then,
    /// and none deletes it.
    package var forgetsNonces = false
    /// Whether PCP answers a renewal with the port that was suggested.
    package var echoesPorts = false
    /// Whether AddPinhole of one that is open adds the lease to the time for which the gateway has
    /// run.
    package var growsLeases = false
    /// The code for an identifier that is not known.
    package var unknownPinhole = 704
    /// Whether the firewall is off, so that everything is open.
    package var isFirewallOff = false
    /// Whether clients may open nothing by UPnP.
    package var refusesInbound = false
    /// How many pinholes there may be.
    package var limit = Int.max

    /// A gateway that behaves.
    package init() {}
}
