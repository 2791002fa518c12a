// What gateways send while they are not asked: PCP's mapping updates (RFC 6887, section 14.2).
extension MappingHolder {
    /// Waits on the sockets of all gateways, once, and takes nothing from them.
    func waitForUnasked() {
        let transports = sessions.all.map(\.socket.transport)
        guard !transports.isEmpty else { return }
        let mailbox = mailbox
        waiting = Task {
            await withTaskGroup { group in
                for transport in transports {
                    group.addTask { (try? await transport.waitForDatagram()) != nil }
                }
                if await group.next() == true { mailbox.put(.gatewayHasSpoken) }
                group.cancelAll()
            }
        }
    }

    /// Nobody else is to wake up for the answers to what is asked now.
    func stopWaiting() async {
        waiting?.cancel()
        await waiting?.value
        waiting = nil
    }

    /// Asks again for the mappings that a gateway says are others now; only it knows their nonces.
    func takeUnasked() async {
        for session in sessions.all {
            for payload in await session.socket.takeUnasked() {
                guard let response = try? PCPResponse(parsing: payload) else { continue }
                for index in held.indices where held[index]?.lease.isUpdated(by: response) == true {
                    // A second copy of a refusal is no news, and the refusal says when to ask again.
                    if response.result != .success, isRefused(index) { continue }
                    plan.updated(index, at: .now)
                }
            }
        }
    }

    /// Whether the last asking was refused.
    private func isRefused(_ index: Int) -> Bool {
        if case .refusal? = saidFailures[index] { true } else { false }
    }
}

extension Lease {
    /// Whether a response, asked for or not, tells something else of this mapping than is known.
    fileprivate func isUpdated(by response: PCPResponse) -> Bool {
        guard case .map(let mapping) = response.operation, mapping.nonce == nonce,
            mapping.protocolNumber == key.transport.protocolNumber,
            mapping.internalPort == key.internalPort.rawValue
        else { return false }
        return response.result != .success || response.lifetimeSeconds == 0
            || mapping.externalPort != externalPort.rawValue
            || mapping.externalAddress != externalAddress
    }
}
