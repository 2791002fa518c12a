import NATTraversalSupport

extension TrafficMask {
    /// Masks what went over sockets; the documents among it are read first for the names that are
    /// masked everywhere.
    package mutating func conversations(_ conversations: [Conversation]) -> [Conversation] {
        for conversation in conversations where conversation.transport == .tcp {
            let bytes = conversation.receivedBytes
            learnNames(from: MessageParts(bytes).document.map { bytes[$0] })
        }
        return conversations.map { conversation in
            var masked = conversation
            masked.peer = conversation.peer.map { socketAddress($0) }
            switch conversation.transport {
            case .udp: maskDatagrams(of: &masked)
            case .tcp: maskStream(of: &masked)
            }
            return masked
        }
    }

    private mutating func maskDatagrams(of conversation: inout Conversation) {
        for index in conversation.events.indices {
            switch conversation.events[index].kind {
            case .sent(let bytes, let peer):
                conversation.events[index].kind = .sent(
                    datagram(bytes), to: peer.map { socketAddress($0) })
            case .received(let bytes, let peer):
                conversation.events[index].kind = .received(
                    datagram(bytes), from: peer.map { socketAddress($0) })
            case .connected, .failed, .closed: break
            }
        }
    }

    /// Masks both directions as a whole, because a secret may come in two pieces.
    private mutating func maskStream(of conversation: inout Conversation) {
        var sent = message(conversation.sentBytes)[...]
        var received = message(conversation.receivedBytes)[...]
        for index in conversation.events.indices {
            switch conversation.events[index].kind {
            case .sent(let bytes, let peer):
                conversation.events[index].kind = .sent(Array(sent.prefix(bytes.count)), to: peer)
                sent = sent.dropFirst(bytes.count)
            case .received(let bytes, let peer):
                conversation.events[index].kind = .received(
                    Array(received.prefix(bytes.count)), from: peer)
                received = received.dropFirst(bytes.count)
            case .connected, .failed, .closed: break
            }
        }
    }

    /// SSDP is text; the first octet of the others is a version.
    private mutating func datagram(_ bytes: [UInt8]) -> [UInt8] {
        bytes.first.map { $0 >= 0x20 } == true ? message(bytes) : packet(bytes)
    }

    private mutating func socketAddress(_ socketAddress: SocketAddress) -> SocketAddress {
        var masked = socketAddress
        masked.address = address(socketAddress.address)
        return masked
    }
}

extension [Conversation] {
    /// The conversations with gateways, without what other devices of the network have answered:
    /// those are nobody's business.
    ///
    /// A device at another address that calls itself a gateway counts as one (S-10).
    ///
    /// - Parameter gateways: the gateways that were asked.
    /// - Returns: the conversations, and how many other devices there were.
    package func withGateways(
        _ gateways: some Sequence<IPAddress>
    ) -> (conversations: [Conversation], otherDevices: Int) {
        var known = Set(gateways.map(\.unmapped))
        var others: Set<IPAddress> = []
        for event in flatMap(\.events) {
            guard case .received(let bytes, let peer?) = event.kind else { continue }
            if bytes.namesGateway { known.insert(peer.address.unmapped) }
        }
        func isKnown(_ peer: SocketAddress?) -> Bool {
            guard let host = peer?.address.unmapped, !known.contains(host) else { return true }
            others.insert(host)
            return false
        }
        let kept = compactMap { conversation -> Conversation? in
            // A UDP socket is connected only to what was to be asked.
            guard conversation.transport == .udp || isKnown(conversation.peer) else { return nil }
            var conversation = conversation
            conversation.events.removeAll { event in
                guard case .received(_, let peer) = event.kind else { return false }
                return !isKnown(peer)
            }
            return conversation
        }
        return (kept, others.count)
    }
}

extension [UInt8] {
    /// Whether a message of SSDP is about a type of an Internet gateway.
    fileprivate var namesGateway: Bool {
        guard let message = SSDPMessage(parsing: self) else { return false }
        let texts = [message.fields["ST"], message.fields["NT"], message.fields["USN"]]
        return texts.compactMap(\.self).contains { text in
            ["InternetGatewayDevice", ":WAN"].contains { text.firstPlace(of: $0) != nil }
        }
    }
}
