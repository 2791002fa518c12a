import Glibc
package import NATTraversal

/// A router that answers as another one did when it was recorded.
///
/// It knows only what was asked then. Each repetition of a question gets what it got, after the
/// same time; of another question PCP, NAT-PMP and SSDP hear nothing, and HTTP has a page 404.
package final class ReplayedGateway: Sendable {
    /// Why a port of the router cannot be played.
    package struct Unavailable: Error, CustomStringConvertible {
        package var place: SocketAddress
        package var cause: SystemError

        package var description: String { "\(place): \(cause.reason)" }
    }

    /// Where the best gateway that was recorded is played, with the port of PCP and NAT-PMP that its
    /// user had named.
    package let gateway: GatewayAddress
    /// The URL of the description that was read in place of a search, or that was at another
    /// address than the gateway's.
    package let location: String?
    /// Each gateway that was recorded, and where it is played.
    package let places: [(recorded: IPAddress, played: IPAddress)]

    /// The port of PCP and NAT-PMP (RFC 6887, section 19).
    private static let mappingPort: UInt16 = 5351

    private let hosts: ReplayHosts
    private let datagramPorts: [DatagramPort]
    private let streamPorts: [StreamPort]

    private struct DatagramPort: Sendable {
        let socket: UDPSocket
        let recorded: SocketAddress
        let script: Locked<DatagramScript>
    }

    private struct StreamPort: Sendable {
        let socket: StreamSocket
        /// What keeps a deaf port's queue full.
        let filler: StreamSocket?
        let isOpen: Bool
        let script: Locked<StreamScript>
    }

    /// Plays a recording while `body` runs.
    ///
    /// - Parameters:
    ///   - recording: what to play.
    ///   - listen: where the best gateway is played; `nil` for loopback.
    ///   - body: is lent the router.
    /// - Returns: what `body` does.
    /// - Throws: `Unavailable`, and what `body` throws.
    @discardableResult
    package static func run<Value: Sendable>(
        _ recording: Recording, at listen: IPAddress? = nil,
        body: (ReplayedGateway) async throws -> Value
    ) async throws -> Value {
        let executor = GatewayExecutor()
        let gateway = try ReplayedGateway(recording, at: listen)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for port in gateway.datagramPorts {
                group.addTask(executorPreference: executor) { await gateway.serve(port) }
            }
            for port in gateway.streamPorts where port.isOpen {
                group.addTask(executorPreference: executor) { await gateway.serve(port) }
            }
            defer { group.cancelAll() }
            return try await body(gateway)
        }
    }

    private init(_ recording: Recording, at listen: IPAddress?) throws(Unavailable) {
        var datagrams: [SocketAddress: DatagramScript] = [:]
        var streams: [SocketAddress: StreamScript] = [:]
        for conversation in recording.conversations {
            switch conversation.transport {
            case .udp:
                for place in conversation.askedPlaces(gateways: recording.gateways) {
                    datagrams[place, default: DatagramScript()].add(conversation)
                }
            case .tcp:
                guard let peer = conversation.peer?.plain else { continue }
                streams[peer, default: StreamScript()].add(conversation)
            }
        }
        var hosts = ReplayHosts(
            recording.gateways.map(\.unmapped) + datagrams.keys.map(\.address).sorted()
                + streams.keys.map(\.address).sorted(), listen: listen)
        datagramPorts = try Self.open(datagrams, hosts)
        streamPorts = try Self.open(streams, &hosts)
        self.hosts = hosts
        places = recording.gateways.compactMap { gateway in
            hosts.addresses[gateway.unmapped].map { (gateway, $0) }
        }
        let first = SocketAddress(
            recording.gateways.first ?? .v4(.loopback),
            port: recording.port?.rawValue ?? Self.mappingPort)
        gateway = GatewayAddress(hosts.place(of: first))
        location = recording.location.map { hosts.place(of: $0) }
    }

    /// Opens a socket for each port that answered, or was silent; one that was closed stays closed.
    private static func open(
        _ scripts: [SocketAddress: DatagramScript], _ hosts: ReplayHosts
    ) throws(Unavailable) -> [DatagramPort] {
        var ports: [DatagramPort] = []
        var taken: Set<SocketAddress> = []
        for (recorded, script) in scripts where !script.isClosed {
            let place = hosts.place(of: recorded)
            guard taken.insert(place).inserted else { continue }
            do throws(SystemError) {
                let socket = try UDPSocket(place.address.family)
                try socket.bind(to: place)
                ports.append(
                    DatagramPort(socket: socket, recorded: recorded, script: Locked(script)))
            } catch {
                throw Unavailable(place: place, cause: error)
            }
        }
        return ports
    }

    /// The same for TCP, where another port does as well, because only URLs name it.
    ///
    /// Of a port that dropped whatever came the queue is full: one connection fills a queue of 0.
    private static func open(
        _ scripts: [SocketAddress: StreamScript], _ hosts: inout ReplayHosts
    ) throws(Unavailable) -> [StreamPort] {
        var ports: [StreamPort] = []
        for (recorded, script) in scripts {
            let place = hosts.place(of: recorded)
            let other = SocketAddress(place.address, port: 0)
            do throws(SystemError) {
                let open = { (place: SocketAddress) throws(SystemError) in
                    if script.isClosed { return try StreamSocket(boundTo: place) }
                    return try StreamSocket(listeningOn: place, queue: script.isDeaf ? 0 : 64)
                }
                let socket: StreamSocket
                do { socket = try open(place) } catch { socket = try open(other) }
                let local = try socket.localAddress()
                hosts.move(recorded, to: local.port)
                let filler = script.isDeaf ? try StreamSocket(connectingTo: local) : nil
                ports.append(
                    StreamPort(
                        socket: socket, filler: filler, isOpen: !script.isClosed && !script.isDeaf,
                        script: Locked(script)))
            } catch {
                throw Unavailable(place: place, cause: error)
            }
        }
        return ports
    }
}

extension ReplayedGateway {
    /// Answers datagrams until the task is cancelled.
    private func serve(_ port: DatagramPort) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard
                    let datagram = try? await port.socket.receive(until: .now + .seconds(3600)),
                    let exchange = port.script.withLock({
                        $0.exchange(for: datagram.payload, from: datagram.source)
                    })
                else { continue }
                let arrival = ContinuousClock.now
                for answer in exchange.answers {
                    group.addTask {
                        try? await Task.sleep(until: arrival + answer.delay)
                        guard !Task.isCancelled else { return }
                        let bytes = exchange.adapted(answer.bytes, to: datagram.payload)
                        let socket = self.socket(for: answer, of: port)
                        try? socket?.send(self.hosts.rewritten(bytes), to: datagram.source)
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// The socket that an answer comes from: the port's own or, as it was recorded, one at another
    /// port or host.
    private func socket(for answer: DatagramScript.Answer, of port: DatagramPort) -> UDPSocket? {
        guard let source = answer.source?.plain, source != port.recorded else { return port.socket }
        let place = hosts.place(of: source)
        guard let other = try? UDPSocket(place.address.family) else { return nil }
        if (try? other.bind(to: place)) == nil {
            try? other.bind(to: SocketAddress(place.address, port: 0))
        }
        return other
    }

    /// Answers HTTP until the task is cancelled, each connection once.
    private func serve(_ port: StreamPort) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard let (connection, _) = try? await port.socket.accept() else {
                    // Out of descriptors for the moment.
                    try? await Task.sleep(for: .milliseconds(10))
                    continue
                }
                group.addTask { try? await self.answer(connection, by: port.script) }
            }
            group.cancelAll()
        }
    }

    private func answer(
        _ connection: StreamSocket, by script: Locked<StreamScript>
    ) async throws {
        let request = try await HTTPRequest(from: connection)
        let arrival = ContinuousClock.now
        guard let answer = script.withLock({ $0.answer(to: request) })?.rewritten(by: hosts) else {
            let page = HTTPAnswer.page(404).encoded(.contentLength, version: "HTTP/1.1")
            return try await connection.send(page)
        }
        for piece in answer.pieces {
            try await Task.sleep(until: arrival + piece.delay)
            try await connection.send(piece.bytes)
        }
        var rest = answer.omittedBytes
        while rest > 0 {
            let count = min(rest, 16 << 10)
            try await connection.send(Array(repeating: UInt8(ascii: " "), count: count))
            rest -= count
        }
        switch answer.end {
        case .closed: return
        case .reset: connection.resetOnClose()
        // Until the client closes it.
        case .open: _ = try await connection.receiveAll()
        }
    }
}

extension Conversation {
    /// Where a UDP socket has asked: its peer, or the hosts that a search was sent to.
    ///
    /// A search that was sent to the group alone is played at the gateways, because loopback has no
    /// group.
    fileprivate func askedPlaces(gateways: [IPAddress]) -> [SocketAddress] {
        if let peer { return [peer.plain] }
        var places: [SocketAddress] = []
        for event in events {
            guard case .sent(_, let peer?) = event.kind, peer.address.scope != .multicast else {
                continue
            }
            if !places.contains(peer.plain) { places.append(peer.plain) }
        }
        guard places.isEmpty, !events.isEmpty else { return places }
        return gateways.map { SocketAddress($0.unmapped, port: 1900) }
    }
}

extension SocketAddress {
    /// The address without its zone.
    fileprivate var plain: SocketAddress { SocketAddress(address.unmapped, port: port) }
}

extension [IPAddress] {
    /// In an order that does not change from run to run.
    fileprivate func sorted() -> [IPAddress] { sorted { $0.description < $1.description } }
}
