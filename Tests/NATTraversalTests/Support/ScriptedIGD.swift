@testable import NATTraversal

/// A gateway's connection service with a table, whose answers are laid by hand.
final class ScriptedIGD: Sendable {
    /// An entry as the gateway keeps it; the key is `TCP 8080`.
    struct Entry: Hashable, Sendable {
        var client: String
        var port: String
        var lease = 7200
        var isEnabled = true
        /// What is shown in place of the lease.
        var shownLease: String?
        /// The description as the gateway hands it on.
        var description = "d"
    }

    /// What the gateway does about a call, instead of what it should.
    enum Fault: Sendable {
        case code(Int)
        case failure(HTTPClientError)
        case page
        case status(Int)
        case body(String, status: Int)
        /// The call is carried out, and this is answered.
        indirect case done(Fault)
    }

    /// A call as it came.
    typealias Call = (action: String, arguments: [String: String])

    struct State: Sendable {
        var table: [String: Entry] = [:] { didSet { order = table.keys.sorted() } }
        /// The keys of the table as the gateway numbers them.
        private(set) var order: [String] = []
        var calls: [Call] = []
        /// Called before each answer, for a test to let time pass.
        var willAnswer: @Sendable () -> Void = {}
        /// What comes of every call after so many.
        var end: (calls: Int, fault: Fault)?
        /// Faults of an action, used up in turn.
        var faults: [String: [Fault]] = [:]
        /// Whether additions are carried out.
        var isHonest = true
        /// Which leases are kept; the others are answered alike, and nothing is done.
        var keeps: @Sendable (Int) -> Bool = { _ in true }
        /// Whether every index leads to the first entry.
        var isStuck = false
        /// What an addition makes of what it was asked for.
        var alter: @Sendable (inout Entry) -> Void = { _ in }
        /// The text of NewReservedPort, in place of the port that was asked for; empty for none.
        var reservedPort: String?
        /// What an addition makes of a lease.
        var grant: @Sendable (Int) -> Int = { $0 }
        /// The text that the table shows for every lease, in place of the true one.
        var shownLease: String?
        /// The port that AddAnyPortMapping takes, whatever is asked for.
        var otherPort: String?
    }

    let state = Locked(State())
    private let version: Int

    init(version: Int) { self.version = version }

    /// The connection through which the gateway is asked.
    var connection: IGDConnection {
        get throws {
            let type = "urn:schemas-upnp-org:service:WANIPConnection:\(version)"
            let description = """
                <root><device><service><serviceType>\(type)</serviceType>\
                <controlURL>/c</controlURL></service></device></root>
                """
            let document = try DeviceDescription(
                parsing: Array(description.utf8), from: HTTPURL("http://192.168.77.1/d.xml"))
            let http = ScriptedHTTP { [self] in try answer($0) }
            guard let first = document.services.first,
                let host = IPAddress("192.168.77.10"),
                let connection = IGDConnection(
                    UPnPService(first, deviceName: nil, http: http), localAddress: host)
            else { throw DescriptionError.tooManyServices }
            return connection
        }
    }

    /// The actions that were called so far.
    var actions: [String] { state.withLock { $0.calls.map(\.action) } }

    /// What the gateway says to a call.
    func answer(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let body = request.call?.body,
            case .response(let call) = try SOAPAnswer(parsing: body, limits: .action)
        else { return .status(400) }
        let arguments = Dictionary(call.results.map { ($0.name, $0.value) }) { first, _ in first }
        state.current.willAnswer()
        return try state.withLock { state in
            state.calls.append((call.element, arguments))
            if let end = state.end, state.calls.count > end.calls { return try end.fault.response }
            if var faults = state.faults[call.element], !faults.isEmpty {
                let fault = faults.removeFirst()
                state.faults[call.element] = faults
                if case .done = fault {
                    _ = state.respond(to: call.element, arguments, version: version)
                }
                return try fault.response
            }
            return state.respond(to: call.element, arguments, version: version)
        }
    }
}

extension ScriptedIGD.Fault {
    var response: HTTPResponse {
        get throws {
            switch self {
            case .code(let code): .soap(fault: code)
            case .failure(let error): throw error
            case .status(let status): .status(status)
            case .page: .status(200, Array("<html><body>Log in</body></html>".utf8))
            case .body(let text, let status): .status(status, Array(text.utf8))
            case .done(let fault): try fault.response
            }
        }
    }
}

extension ScriptedIGD.State {
    fileprivate mutating func respond(
        to action: String, _ arguments: [String: String], version: Int
    ) -> HTTPResponse {
        let port = arguments["NewExternalPort"] ?? ""
        let key = "\(arguments["NewProtocol"] ?? "") \(port)"
        switch action {
        case "AddPortMapping", "AddAnyPortMapping":
            if action == "AddAnyPortMapping", version < 2 { return .soap(fault: 401) }
            let lease = Int(arguments["NewLeaseDuration"] ?? "") ?? 0
            if isHonest, keeps(lease) {
                var entry = ScriptedIGD.Entry(
                    client: arguments["NewInternalClient"] ?? "",
                    port: arguments["NewInternalPort"] ?? "", lease: grant(lease))
                alter(&entry)
                entry.shownLease = shownLease
                let isMoved = action == "AddAnyPortMapping" && otherPort != nil
                table[isMoved ? "\(arguments["NewProtocol"] ?? "") \(otherPort ?? "")" : key] =
                    entry
            }
            let reserved = reservedPort ?? (action == "AddAnyPortMapping" ? otherPort : nil) ?? port
            return .soap(
                action, reserved.isEmpty ? "" : "<NewReservedPort>\(reserved)</NewReservedPort>")
        case "GetExternalIPAddress":
            return .soap(action, "<NewExternalIPAddress>11.22.33.1</NewExternalIPAddress>")
        case "GetSpecificPortMappingEntry":
            guard let entry = table[key] else { return .soap(fault: 714) }
            return .soap(action, entry.fields)
        case "GetGenericPortMappingEntry":
            guard let asked = Int(arguments["NewPortMappingIndex"] ?? ""),
                case let index = isStuck ? 0 : asked, index < order.count,
                let entry = table[order[index]]
            else { return .soap(fault: 713) }
            let key = order[index]
            let words = key.split(separator: " ")
            return .soap(
                action,
                "<NewRemoteHost/><NewExternalPort>\(words[1])</NewExternalPort>"
                    + "<NewProtocol>\(words[0])</NewProtocol>" + entry.fields)
        case "DeletePortMapping":
            return table.removeValue(forKey: key) == nil
                ? .soap(fault: 714) : .soap(action, "")
        default:
            return .soap(fault: 401)
        }
    }
}

extension ScriptedIGD.Entry {
    /// What is answered to a question about it.
    var fields: String {
        """
        <NewInternalPort>\(port)</NewInternalPort><NewInternalClient>\(client)</NewInternalClient>\
        <NewEnabled>\(isEnabled ? 1 : 0)</NewEnabled>\
        <NewPortMappingDescription>\(description)</NewPortMappingDescription>\
        <NewLeaseDuration>\(shownLease ?? String(lease))</NewLeaseDuration>
        """
    }
}

extension HTTPResponse {
    /// A success of an action with these results.
    static func soap(_ action: String, _ results: String) -> HTTPResponse {
        .status(
            200,
            Array(
                """
                <s:Envelope xmlns:s='x'><s:Body><u:\(action)Response xmlns:u='y'>\(results)\
                </u:\(action)Response></s:Body></s:Envelope>
                """.utf8))
    }

    /// A fault with this code.
    static func soap(fault code: Int) -> HTTPResponse {
        .status(
            500,
            Array(
                """
                <s:Envelope xmlns:s='x'><s:Body><s:Fault><detail><UPnPError>\
                <errorCode>\(code)</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>
                """.utf8))
    }
}
