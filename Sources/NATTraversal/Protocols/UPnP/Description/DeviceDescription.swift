/// A device description, as far as a control point needs it (UDA 1.1, section 2.3).
///
/// Every service at any depth counts, wherever the firmware has hung it (D-7); names are compared
/// without namespaces (D-4).
struct DeviceDescription: Hashable, Sendable {
    /// How many services are kept; a document with more is refused.
    static let serviceLimit = 256

    /// The root device and the devices in it, in document order; never empty.
    private(set) var devices: [Device] = []
    /// The services of all devices, in document order.
    private(set) var services: [Service] = []
    /// What relative URLs are resolved against (D-2).
    let base: HTTPURL
    /// The text of URLBase, whether it is used or not.
    let statedBase: String?
    /// Whether a text was longer than what is kept; a URL that is says so itself.
    private(set) var hasCutText = false

    /// What a device says of itself; any of it may be missing, empty or nonsense (D-11).
    struct Device: Hashable, Sendable {
        var type: String?
        var friendlyName: String?
        var manufacturer: String?
        var modelName: String?
        var modelNumber: String?
        var serialNumber: String?
        var udn: String?
        var presentationURL: String?
        /// How many devices it is inside of, 0 for the root device.
        var depth: Int
    }

    /// A service with what has become of its URLs.
    struct Service: Hashable, Sendable {
        var type: String
        var identifier: String?
        var control: ServiceURL
        /// Where to call it when nothing is found at `control`: some firmwares leave out the slash in
        /// front (D-3).
        var otherControl: HTTPURL?
        var event: ServiceURL
        var scpd: ServiceURL
        /// The index in `devices` of the device it belongs to.
        var device: Int
    }

    /// The first device of the document.
    var root: Device { devices[0] }

    /// Reads what was fetched from `location`.
    ///
    /// - Throws: `DescriptionError`.
    init(parsing bytes: [UInt8], from location: HTTPURL) throws(DescriptionError) {
        let root: XMLElementNode
        do { root = try XMLTree(parsing: bytes, limits: .description).root } catch {
            throw .xml(error)
        }
        statedBase = root.text(of: "URLBase")
        base = Self.base(stated: statedBase, location: location)
        guard root.name == "root" else { throw .notADescription(rootElement: root.name) }
        collect(root, device: nil, location: location)
        guard !devices.isEmpty else { throw .notADescription(rootElement: root.name) }
        guard services.count <= Self.serviceLimit else { throw .tooManyServices }
    }

    /// The connection services that may be called, best first (D-6).
    var connectionServices: [Service] {
        services.enumerated()
            .compactMap { position, service -> (rank: Int, position: Int, service: Service)? in
                guard case .url = service.control,
                    let rank = UPnPType(service.type)?.connectionRank
                else { return nil }
                return (rank, position, service)
            }
            .sorted { ($0.rank, $0.position) < ($1.rank, $1.position) }
            .map(\.service)
    }

    /// Whether there is a connection service, even one that may not be called.
    var isGateway: Bool {
        services.contains { UPnPType($0.type)?.connectionRank != nil }
    }

    private static func base(stated: String?, location: HTTPURL) -> HTTPURL {
        // The D-Link DIR-655 has 127.0.0.1 there, the Linksys WRT120N no port, meaning 80.
        guard let stated, var url = try? HTTPURL(stated), url.host == location.host else {
            return location
        }
        url.scopeID = location.scopeID
        return url
    }

    /// What a path without a slash in front means when it is read as if it had one.
    private static func rootRelative(_ text: String?, base: HTTPURL) -> HTTPURL? {
        guard let text, URLReference(text).isPathWithoutSlash else { return nil }
        return try? base.resolving("/" + text)
    }

    private mutating func noteCutTexts(in element: XMLElementNode) {
        let isCut = element.children.contains { $0.isTextCut && !$0.name.hasSuffix("URL") }
        hasCutText = hasCutText || isCut
    }

    /// Takes in what is in `element`, which belongs to the device of this index.
    private mutating func collect(_ element: XMLElementNode, device: Int?, location: HTTPURL) {
        for child in element.children {
            switch child.name {
            case "device":
                let depth = device.map { devices[$0].depth + 1 } ?? 0
                devices.append(Device(child, depth: depth))
                noteCutTexts(in: child)
                collect(child, device: devices.count - 1, location: location)
            case "service":
                guard let device, let type = child.text(of: "serviceType") else { continue }
                noteCutTexts(in: child)
                let url = { [base] in ServiceURL(child.child($0), base: base, location: location) }
                services.append(
                    Service(
                        type: type, identifier: child.text(of: "serviceId"),
                        control: url("controlURL"),
                        otherControl: Self.rootRelative(child.text(of: "controlURL"), base: base),
                        event: url("eventSubURL"), scpd: url("SCPDURL"), device: device))
            default:
                collect(child, device: device, location: location)
            }
        }
    }
}

extension DeviceDescription.Device {
    fileprivate init(_ element: XMLElementNode, depth: Int) {
        type = element.text(of: "deviceType")
        friendlyName = element.text(of: "friendlyName")
        manufacturer = element.text(of: "manufacturer")
        modelName = element.text(of: "modelName")
        modelNumber = element.text(of: "modelNumber")
        serialNumber = element.text(of: "serialNumber")
        udn = element.text(of: "UDN")
        presentationURL = element.text(of: "presentationURL")
        self.depth = depth
    }
}

/// Why a document is no description that can be used.
enum DescriptionError: Error, Hashable, Sendable {
    case xml(XMLTreeError)
    /// It is XML, but of another kind (D-9).
    case notADescription(rootElement: String)
    /// There are more than `DeviceDescription.serviceLimit`.
    case tooManyServices
}
