/// A service of a device: what it is, what it can do, and the way to call it.
public final class UPnPService: Sendable {
    /// The type as the device spells it, `urn:schemas-upnp-org:service:WANIPConnection:1`; foreign
    /// text that may be anything.
    public let type: String
    /// The device's name for it, which says nothing reliable (D-6).
    public let identifier: String?
    /// Where it is called, or why it is not.
    public let control: ServiceURL
    /// Where events could be asked for; natctl does not (T-10).
    public let event: ServiceURL
    /// Where its own description is.
    public let scpd: ServiceURL
    /// The UDN of the device it belongs to.
    let deviceName: String?
    /// Where it may be called when nothing is found at `control` (D-3).
    let otherControl: HTTPURL?
    let http: any HTTPTransport
    private let readActions = Locked<[UPnPAction]?>(nil)
    private let version = Locked(HTTPRequest.Version.http11)

    init(_ service: DeviceDescription.Service, deviceName: String?, http: any HTTPTransport) {
        type = service.type
        self.deviceName = deviceName
        identifier = service.identifier
        control = service.control
        event = service.event
        scpd = service.scpd
        otherControl = service.otherControl
        self.http = http
    }

    /// The version of HTTP that was answered last: what a question has found out spares the request
    /// that follows it a failure (H-5).
    var knownVersion: HTTPRequest.Version { version.withLock { $0 } }

    /// Begins with this version from now on.
    func keep(_ version: HTTPRequest.Version) { self.version.withLock { $0 = version } }

    /// The short name, `WANIPConnection`; the whole type where it is none.
    public var name: String { UPnPType(type)?.name ?? type }

    /// The actions that were read before, if any.
    public var knownActions: [UPnPAction]? { readActions.withLock { $0 } }

    /// The actions that the service describes; they are read once.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`. Many services that work have no readable
    ///   description (D-8).
    public func actions(timeout: Duration = .upnpRequest) async throws -> [UPnPAction] {
        if let knownActions { return knownActions }
        let actions = try await publicErrors(timeout) { try await self.fetchActions(timeout) }
        readActions.withLock { $0 = actions }
        return actions
    }

    /// Calls an action after checking its name and arguments against the service's description.
    ///
    /// - Parameters:
    ///   - action: the action's name.
    ///   - arguments: in any order; they are sent in the declared one.
    ///   - timeout: how long the call may take.
    /// - Returns: the results in the order they came; a result may be missing.
    /// - Throws: `UPnPUsageError` before anything but the description was asked for,
    ///   `PortMapperError`, `CancellationError`.
    public func call(
        _ action: String, _ arguments: [UPnPArgument] = [], timeout: Duration = .upnpRequest
    ) async throws -> [UPnPArgument] {
        let deadline = ContinuousClock.now + timeout
        let actions = try await actions(timeout: timeout)
        guard let description = actions.first(where: { $0.name == action }) else {
            throw UPnPUsageError.noSuchAction(action, actions: actions.map(\.name))
        }
        let ordered = try description.ordered(arguments)
        let results = try await callUnchecked(action, ordered, timeout: deadline - .now)
        // An empty success of such an action says nothing.
        guard !results.isEmpty || description.outputs.isEmpty else {
            throw PortMapperError(.result(description.outputs[0].name), host: host, after: timeout)
        }
        return results
    }

    /// Calls an action with the arguments as they are given, in this order.
    ///
    /// - Throws: `UPnPUsageError` when they cannot be written in XML, `PortMapperError`,
    ///   `CancellationError`.
    public func callUnchecked(
        _ action: String, _ arguments: [UPnPArgument], timeout: Duration = .upnpRequest
    ) async throws -> [UPnPArgument] {
        try await publicErrors(timeout) {
            try await self.invoke(
                action, arguments, limits: action == "GetListOfPortMappings" ? .portListing : .call,
                until: .now + timeout
            ).results
        }
    }

    private var host: SocketAddress {
        (control.url ?? scpd.url)?.socketAddress ?? SocketAddress(.v4(.unspecified), port: 0)
    }

    private func publicErrors<Value: Sendable>(
        _ timeout: Duration, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        do { return try await body() } catch let failure as UPnPFailure {
            throw PortMapperError(failure, host: host, service: UPnPType(type), after: timeout)
        }
    }

    private func fetchActions(_ timeout: Duration) async throws -> [UPnPAction] {
        guard case .url(let url) = scpd else { throw UPnPFailure.url(scpd.refusal ?? .missing) }
        let body = try await http.document(at: url, until: .now + timeout).body
        let scpd: SCPD
        do { scpd = try SCPD(parsing: body) } catch { throw UPnPFailure.description(.xml(error)) }
        guard scpd.isUsable else {
            throw UPnPFailure.description(.notADescription(rootElement: scpd.rootElement))
        }
        return scpd.actions
    }
}
