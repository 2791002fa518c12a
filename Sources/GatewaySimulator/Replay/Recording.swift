package import NATTraversal
import NATTraversalSupport

/// What `natctl gateway --report` has recorded of a router.
package struct Recording: Sendable {
    /// Why a file is none.
    package struct Malformed: Error, CustomStringConvertible {
        package var description: String
    }

    /// More than natctl writes.
    package static let byteLimit = 16 << 20

    /// The gateways that were asked, best first.
    package var gateways: [IPAddress] = []
    /// The description that was read in place of a search, or that the gateway has at another
    /// address.
    package var location: HTTPURL?
    /// The port of PCP and NAT-PMP that was asked for by the user.
    package var port: PortNumber?
    /// What went over the sockets.
    package var conversations: [Conversation] = []

    package init() {}

    /// Reads the file.
    ///
    /// - Throws: `Malformed`, whose description is a sentence without its end.
    package init(parsing bytes: [UInt8]) throws(Malformed) {
        guard bytes.count <= Self.byteLimit else {
            throw Malformed(description: "longer than any report of natctl")
        }
        guard let members = (try? JSONValue(parsing: bytes))?.object else {
            throw Malformed(description: "not a JSON document")
        }
        guard members["kind"]?.string == "gateway-report" else {
            throw Malformed(description: "not a report of natctl gateway")
        }
        guard members["version"]?.integer == 1 else {
            throw Malformed(description: "a report of another version than 1")
        }
        let reports = (members["gateways"]?.array ?? []).compactMap(\.object)
        for report in reports {
            guard let address = report["address"]?.string.flatMap(GatewayAddress.init)?.address
            else {
                throw Malformed(description: "a gateway has no address")
            }
            gateways.append(address)
        }
        guard let first = gateways.first, let documents = members["conversations"]?.array else {
            throw Malformed(description: "the report has no gateway or no conversations")
        }
        do throws(ConversationError) { conversations = try Conversation.reading(documents) } catch {
            throw Malformed(description: error.description)
        }
        let asked = members["asked"]?.object ?? [:]
        port = asked["gateway"]?.string.flatMap(GatewayAddress.init)?.port
        location = asked["location"]?.string.flatMap { try? HTTPURL($0) }
        let device = reports.first?["device"]?.object?["location"]?.string
        if location == nil, let url = device.flatMap({ try? HTTPURL($0) }), url.host != first {
            location = url
        }
    }
}
