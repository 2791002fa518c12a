package import NATTraversal

/// What the UPnP side of a simulated gateway is.
package struct UPnPConfiguration: Sendable {
    /// The version of the device and of its WANIPConnection, 1 or 2.
    package var version = 2
    /// Whether the connection is a WANPPPConnection:1.
    package var usesPPP = false
    /// The TCP port of descriptions and control; 0 for any that is free.
    package var port: UInt16 = 0
    /// Whether nothing listens on that port, so that searches lead to a refused connection.
    package var hasClosedPort = false
    /// The UDP port that answers searches; 0 for any that is free, `nil` for none.
    package var searchPort: UInt16? = 0
    /// Whether it also answers searches sent to 239.255.255.250, or to ff02::c, on the gateway's interface.
    ///
    /// That needs port 1900.
    package var joinsMulticast = false
    /// Where a restart is announced, 239.255.255.250:1900 by the specification; `nil` for nowhere.
    package var announcesTo: SocketAddress?
    /// Whether a restart moves descriptions and control to another port (S-18).
    package var movesOnRestart = false
    /// Whether a client may map to its own address alone; in version 2 also not below port 1024.
    package var isSecure = true

    /// A version 2 gateway that behaves.
    package init() {}
}
