import Dispatch
import Glibc
package import NATTraversal

/// A gateway, on loopback unless told otherwise, that really forwards: what a mapped port of its external address gets,
/// the program behind the mapping gets.
///
/// It speaks NAT-PMP (RFC 6886), PCP (RFC 6887) and UPnP (WANIPConnection:1 and :2) and can be told
/// to misbehave. On an IPv6 address it is an IPv6 router, without NAT-PMP and with
/// WANIPv6FirewallControl:1: it keeps account of open ports and forwards nothing. Several in one process do not meet, unless they are given the same addresses.
package final class SimulatedGateway: Sendable {
    /// Where PCP and NAT-PMP are asked.
    package let gateway: SocketAddress
    /// Where mapped ports are opened, whatever clients are told.
    package let externalAddress: IPv4Address

    /// The socket behind `gateway`; `nil` where the port is to be closed.
    let socket: UDPSocket?
    /// Where HTTP is answered; `nil` without UPnP.
    let web: Locked<StreamSocket?>
    /// Where searches are answered; `nil` without UPnP or by configuration.
    let search: UDPSocket?
    let state: Locked<GatewayState>

    /// Runs a gateway while `body` does, and takes it down before returning.
    ///
    /// - Throws: `SystemError` when the gateway's port cannot be bound, and what `body` throws.
    @discardableResult
    package static func run<Value: Sendable>(
        _ configuration: GatewayConfiguration = GatewayConfiguration(),
        body: (SimulatedGateway) async throws -> Value
    ) async throws -> Value {
        let executor = GatewayExecutor()
        let gateway = try SimulatedGateway(configuration, executor)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) { await gateway.serve() }
            group.addTask(executorPreference: executor) { await gateway.serveHTTP() }
            group.addTask(executorPreference: executor) { await gateway.serveSearches() }
            group.addTask(executorPreference: executor) { await gateway.expireMappings() }
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body(gateway)) } catch { outcome = .failure(error) }
            group.cancelAll()
            while await group.nextResult() != nil {}
            await gateway.end { $0.table.remove { _ in true } }
            return try outcome.get()
        }
    }

    private init(
        _ configuration: GatewayConfiguration, _ executor: GatewayExecutor
    ) throws(SystemError) {
        let socket = try UDPSocket(configuration.gateway.address.family)
        try socket.bind(to: configuration.gateway)
        let gateway = try socket.localAddress()
        let externalAddress =
            configuration.externalAddress
            ?? IPv4Address(rawValue: 0x7F80_0000 | UInt32(gateway.port))
        self.gateway = gateway
        self.externalAddress = externalAddress
        let isClosed = configuration.hasClosedPort || configuration.techniques == [.upnp]
        self.socket = isClosed ? nil : socket
        let hasUPnP = configuration.techniques.contains(.upnp)
        var webAddress = gateway
        webAddress.port = configuration.upnp.port
        web = Locked(
            !hasUPnP
                ? nil
                : configuration.upnp.hasClosedPort
                    ? try StreamSocket(boundTo: webAddress)
                    : try StreamSocket(listeningOn: webAddress))
        search = hasUPnP ? try Self.searchSocket(configuration.upnp, at: gateway) : nil
        let state = GatewayState(configuration, externalAddress: externalAddress, at: .now) {
            try? PortForwarder(
                $0, from: SocketAddress(.v4(externalAddress), port: $1), to: $2, on: executor)
        }
        self.state = Locked(state)
    }

    /// Where descriptions and control are asked for just now.
    ///
    /// - Throws: `SystemError` ENOTSOCK without UPnP.
    package var webAddress: SocketAddress {
        get throws(SystemError) {
            guard let listener = web.withLock({ $0 }) else {
                throw SystemError("getsockname", code: ENOTSOCK)
            }
            return try listener.localAddress()
        }
    }

    /// The URL of the UPnP description, with the zone of a link-local address (RFC 6874); `nil` without
    /// UPnP.
    package var location: String? {
        (try? webAddress).map {
            "http://\($0.description.replacing("%", with: "%25"))/rootDesc.xml"
        }
    }

    /// The URL as it is announced, without a zone, which the gateway cannot know of its clients.
    var announcedLocation: String? {
        (try? webAddress).map { "http://\(SocketAddress($0.address, port: $0.port))/rootDesc.xml" }
    }

    /// Where searches by unicast are answered; `nil` without UPnP or by configuration.
    package var searchAddress: SocketAddress? { try? search?.localAddress() }

    /// What it does wrong; a change counts from the next request on.
    package var faults: GatewayFaults {
        get { state.current.faults }
        set {
            state.withLock { state in
                state.faults = newValue
                state.epoch.run(at: newValue.epochRate, from: .now)
            }
        }
    }

    /// What it was asked so far.
    package var log: RequestLog { state.current.log }

    /// The mappings at this moment, in the order they were made.
    package var mappings: [SimulatedMapping] {
        let now = ContinuousClock.now
        return state.current.table.mappings.filter { $0.remainingSeconds(at: now) > 0 }
    }

    /// The ports that are open at this moment, in the order they were opened.
    package var pinholes: [SimulatedPinhole] {
        let now = ContinuousClock.now
        return state.current.pinholes.pinholes.filter { $0.expiry > now }
    }

    /// The address that clients are told.
    package var reportedAddress: IPv4Address { state.current.reportedAddress }

    /// Tells clients another address from now on; the epoch starts anew with it, unless told not to
    /// (RFC 6887, section 8.5).
    package func changeReportedAddress(to address: IPv4Address, resetsEpoch: Bool = true) {
        state.withLock { state in
            state.reportedAddress = address
            if resetsEpoch {
                state.epoch = GatewayEpoch(rate: state.faults.epochRate, at: .now)
            }
        }
        announce()
    }

    /// Forgets every mapping and starts the epoch anew, as a restart does, and says so where the
    /// configuration wants it.
    package func restart() async {
        await end { $0.restart(at: .now) }
        if state.current.configuration.upnp.movesOnRestart { try? moveUPnP() }
        announce()
        announceAlive()
    }

    /// Closes the ports of mappings that have just gone from the table.
    func end(_ change: (inout GatewayState) -> [any PortForwarding]) async {
        for forwarder in state.withLock(change) { await forwarder.stop() }
    }

    /// Takes out mappings soon after they end, also when nobody asks for anything.
    private func expireMappings() async {
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            await end { $0.table.expire(at: .now) }
        }
    }
}

/// Runs a simulated gateway's tasks on a thread of their own.
///
/// A gateway is another machine: however busy the tests keep this process's pool, its answers must
/// not come late.
final class GatewayExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "gateway")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
