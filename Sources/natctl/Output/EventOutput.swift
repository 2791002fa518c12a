import Glibc
import NATTraversal

/// What `map --keep` and `watch` print of an event.
struct EventOutput: CommandOutput {
    let kind = DocumentKind.event
    var event: MapperEvent

    func lines(on page: Page) -> [StyledLine] {
        let time = StyledLine("\(localTime(event.time))  ", .secondary)
        return event.change.line.map { [(time + $0).hanging(time.width)] } ?? []
    }
    /// The bare answer of `watch`.
    var quietLines: [String] {
        if case .externalAddressChanged(let address?, _) = event.change {
            [address.description]
        } else {
            []
        }
    }
    var document: [String: JSONValue] {
        event.members.merging([
            "event": .string(event.change.name), "at": .string(event.time.description),
        ]) { first, _ in first }
    }
    var warnings: [MapperWarning] { event.change.warning.map { [$0] } ?? [] }
}

extension MapperEvent.Change {
    /// What documents and hooks call it.
    var name: String {
        switch self {
        case .mapped: "mapped"
        case .renewed: "renewed"
        case .changed: "changed"
        case .lost: "lost"
        case .unmapped: "unmapped"
        case .externalAddressChanged: "externalAddressChanged"
        case .gatewayRestarted: "gatewayRestarted"
        case .gatewayChanged: "gatewayChanged"
        case .interfaceChanged: "interfaceChanged"
        case .mappingFailed, .warning: "warning"
        }
    }

    /// The mapping it is about, as it is now, or was last.
    var mapping: Mapping? {
        switch self {
        case .mapped(let mapping), .renewed(let mapping), .changed(let mapping, _),
            .lost(let mapping, _), .unmapped(let mapping):
            mapping
        case .externalAddressChanged, .gatewayRestarted, .gatewayChanged, .interfaceChanged,
            .mappingFailed, .warning:
            nil
        }
    }

    /// The warning that it is.
    var warning: MapperWarning? {
        switch self {
        case .warning(let warning):
            warning
        case .mappingFailed(let transport, let port, let error):
            .mappingFailed(transport, port, error)
        default:
            nil
        }
    }

    /// What people are told; a warning is said elsewhere.
    var line: StyledLine? {
        switch self {
        case .mapped, .renewed:
            mapping.map { StyledLine("\(name) ", tone) + $0.line }
        case .unmapped(let mapping):
            StyledLine("\(name) ", tone) + mapping.lineAtEnd
        case .changed(let mapping, let previous):
            StyledLine("changed ", tone) + mapping.line + ", was \(previous.externalEndpoint)"
        case .lost(let mapping, let error):
            StyledLine("lost ", tone) + mapping.lineAtEnd + ": \(error.userMessage)"
        // At first it is not known either whether there is one.
        case .externalAddressChanged(nil, previous: nil):
            "external address not known"
        case .externalAddressChanged(let address, let previous):
            change("external address", address?.description, previous?.description)
        case .gatewayRestarted(let gateway):
            StyledLine("gateway \(gateway) has restarted", tone)
        case .gatewayChanged(let gateway, let previous):
            change("gateway", gateway?.description, previous?.description)
        case .interfaceChanged(let place, let previous):
            change("interface", place?.text, previous?.text)
        case .mappingFailed, .warning:
            nil
        }
    }

    private func change(_ subject: String, _ now: String?, _ previous: String?) -> StyledLine {
        "\(subject) " + StyledLine(now ?? "none", now == nil ? .bad : .plain)
            + StyledLine(previous.map { ", was \($0)" } ?? "")
    }

    private var tone: Tone {
        switch self {
        case .mapped: .good
        case .changed, .gatewayRestarted: .warning
        case .lost: .bad
        case .renewed, .unmapped: .secondary
        default: .plain
        }
    }
}

extension NetworkPlace {
    fileprivate var text: String { "\(interface.map(plain) ?? "?") \(address)" }
}

/// An instant as people read it where this host is, `2026-11-22 19:55:00`.
func localTime(_ instant: Timestamp) -> String {
    var seconds = time_t(instant.secondsSince1970)
    var fields = unsafe tm()
    guard unsafe localtime_r(&seconds, &fields) != nil else { return instant.description }
    var text = [CChar](repeating: 0, count: 32)
    let count = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &fields)
    return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
