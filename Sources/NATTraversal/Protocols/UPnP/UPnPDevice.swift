import Logging

/// A device as it has described itself; every text in it is foreign and may be anything (T-6).
public struct UPnPDevice: Sendable {
    /// Where its description was fetched; the only host that is ever contacted for it (T-1).
    public let location: HTTPURL
    /// The SERVER of its answer.
    public internal(set) var server: String?
    /// The USN of its answer.
    public internal(set) var usn: String?
    /// What its answer says to tell one run of the device from another, where it does.
    var bootIdentifier: String?
    /// Whether its answer named another host, which was not contacted (S-6).
    public internal(set) var isRepointed = false
    /// Whether it answered from the address of a default gateway, or of IPv6 from another address of
    /// its interface.
    public internal(set) var isDefaultGateway = false
    /// The address from which this host fetched the description; `nil` where it could not.
    public private(set) var localAddress: IPAddress?
    /// Why there is no description, where there is none.
    public private(set) var problem: PortMapperError?
    /// Whether one of its texts was longer than what is kept, and is cut.
    package private(set) var hasCutText = false
    /// What a person called it.
    public private(set) var friendlyName: String?
    /// Who made it.
    public private(set) var manufacturer: String?
    /// What they call it.
    public private(set) var modelName: String?
    /// Its type, `urn:schemas-upnp-org:device:InternetGatewayDevice:1`.
    public private(set) var deviceType: String?
    /// Its unique device name, which need not be unique (S-11).
    public private(set) var udn: String?
    /// Its services and those of the devices in it, in the order of the description.
    public private(set) var services: [UPnPService] = []
    /// The services that map ports and may be called, best first (D-6).
    public private(set) var connectionServices: [UPnPService] = []

    /// A device whose description was read.
    init(
        _ description: DeviceDescription, at location: HTTPURL, from localAddress: IPAddress,
        http: any HTTPTransport
    ) {
        self.location = location
        self.localAddress = localAddress
        hasCutText = description.hasCutText
        let root = description.root
        friendlyName = root.friendlyName
        manufacturer = root.manufacturer
        modelName = root.modelName
        deviceType = root.type
        udn = root.udn
        let service = { (service: DeviceDescription.Service) in
            UPnPService(
                service, deviceName: description.devices[service.device].udn, http: http)
        }
        services = description.services.map(service)
        connectionServices = description.connectionServices.map(service)
    }

    /// A device that answered, but has no description that can be read.
    init(at location: HTTPURL, problem: PortMapperError) {
        self.location = location
        self.problem = problem
    }

    /// Reads the descriptions of all services, one after another, for `knownActions`.
    ///
    /// Many services that work have no description that can be read; they are passed over.
    ///
    /// - Throws: `CancellationError`.
    public func readActions(timeout: Duration = .upnpRequest) async throws {
        let deadline = ContinuousClock.now + timeout
        for service in services {
            let rest = deadline - .now
            guard rest > .zero else { return }
            do { _ = try await service.actions(timeout: rest) } catch is PortMapperError {
                log.debug("\(location): the actions of a service cannot be read")
            }
        }
    }

    /// Fetches and reads the description at `location`.
    ///
    /// - Throws: `UPnPFailure`, `CancellationError`.
    static func described(
        at location: HTTPURL, by http: any HTTPTransport, until deadline: ContinuousClock.Instant
    ) async throws -> UPnPDevice {
        let (body, local) = try await http.document(at: location, until: deadline)
        do {
            let description = try DeviceDescription(parsing: body, from: location)
            return UPnPDevice(description, at: location, from: local.address, http: http)
        } catch {
            throw UPnPFailure.description(error)
        }
    }
}
