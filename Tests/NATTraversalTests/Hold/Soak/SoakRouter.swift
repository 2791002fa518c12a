import GatewaySimulator
import Glibc

@testable import NATTraversal

/// A router that lives for weeks, with its restarts and the moods of real ones.
///
/// One table holds what is mapped by all techniques, as miniupnpd's does. Pure: bytes or calls and
/// the time in, answers out; they are laid by hand.
struct SoakRouter {
    /// What it does to requests for the time being.
    struct Mood {
        /// Of a thousand datagrams, each way.
        var lost = 0
        var isSilent = false
        /// Nothing listens at its port, as ICMP says.
        var isClosed = false
        /// The result of every request that is no delete, or of those alone that renew.
        var refusal: UInt8?
        var refusesRenewalsOnly = false
        /// A lie goes out before each answer, and each answer comes twice.
        var lies = false
        var delay = Duration.milliseconds(20)
        /// No mapping is granted for longer.
        var longestLifetime: UInt32 = 86400
    }

    /// What is mapped, by which technique.
    struct Row: Equatable {
        var internalPort: UInt16
        var technique: Technique
        var externalPort: UInt16
        /// PCP's.
        var nonce: [UInt8] = []
        var end: Duration
    }

    private var table: [Row] = []
    /// External ports that another host has.
    var taken: Set<UInt16> = []
    var mood = Mood()
    /// What it speaks, which changes with its firmware, at a restart.
    private(set) var techniques: Set<Technique> = [.pcp, .natPMP]
    /// The path of its connection service, which another start may change.
    private(set) var controlPath = Self.controlPaths[0]
    static let controlPaths = ["/a", "/b", "/c"]
    /// The last octet of the external address.
    private(set) var address: UInt8 = 1
    private(set) var requests = 0
    /// When its epoch was 0.
    private var birth = Duration.seconds(-100_000)
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Its rows that have not ended.
    func rows(at time: Duration) -> [Row] { table.filter { $0.end > time } }

    // MARK: What happens to it

    /// The table is gone, and the epoch starts again unless it is the system's.
    mutating func restart(at time: Duration, keepsEpoch: Bool, techniques: Set<Technique>) {
        table = []
        self.techniques = techniques
        controlPath = Self.controlPaths.randomElement(using: &random) ?? controlPath
        if !keepsEpoch { birth = time }
    }

    /// Another external address, with the table as it was.
    mutating func changeAddress() { address = address == 200 ? 1 : address + 1 }

    /// Loses a row, as when its owner has deleted it in the router's pages.
    mutating func evict(_ internalPort: UInt16) {
        table.removeAll { $0.internalPort == internalPort }
    }

    // MARK: What it answers

    /// What comes of a datagram, and when.
    mutating func answer(
        _ request: [UInt8], at time: Duration
    ) -> [(delay: Duration, content: Result<[UInt8], SystemError>)] {
        requests += 1
        if mood.isSilent || isLost() { return [] }
        if mood.isClosed || techniques == [.upnp] {
            let refused = SystemError("receive", code: ECONNREFUSED)
            return [(.milliseconds(1), .failure(refused))]
        }
        guard let answer = answerOnce(request, at: time), !isLost() else { return [] }
        guard mood.lies else { return [(mood.delay, .success(answer))] }
        return [
            (mood.delay / 2, .success(lie(about: answer))), (mood.delay, .success(answer)),
            (mood.delay * 2, .success(answer)),
        ]
    }

    private mutating func isLost() -> Bool {
        mood.lost > 0 && Int.random(in: 0..<1000, using: &random) < mood.lost
    }

    /// The answer with another nonce or port, cut, or noise.
    private mutating func lie(about answer: [UInt8]) -> [UInt8] {
        var lie = answer
        switch Int.random(in: 0..<3, using: &random) {
        case 0: lie = Array(lie.prefix(Int.random(in: 0..<lie.count, using: &random)))
        case 1: lie = (0..<60).map { _ in UInt8.random(in: 0...255, using: &random) }
        // The nonce of PCP, the internal port of NAT-PMP.
        default: lie[min(lie.count - 1, lie[0] == 2 ? 25 : 9)] ^= 0x55
        }
        return lie
    }

    private mutating func answerOnce(_ request: [UInt8], at time: Duration) -> [UInt8]? {
        if request.first == 2 {
            guard techniques.contains(.pcp) else { return [0, 0x81, 0, 1] + epoch(at: time) }
            guard request.count >= 60, request[1] == 1 else { return nil }
            return answerPCP(request, at: time)
        }
        if request.count == 2 { return [0, 0x80, 0, 0] + epoch(at: time) + [11, 22, 33, address] }
        return request.count == 12 ? answerNATPMP(request, at: time) : nil
    }

    private mutating func answerPCP(_ request: [UInt8], at time: Duration) -> [UInt8] {
        let nonce = Array(request[24..<36])
        let (result, port, lifetime) = map(
            number(request, 40), by: .pcp, nonce: nonce, suggested: number(request, 42),
            lifetime: UInt32(number(request, 4)) << 16 | UInt32(number(request, 6)), at: time)
        var answer: [UInt8] = [2, 0x81, 0, result]
        answer += octets(result == 0 ? lifetime : 30) + epoch(at: time)
        answer += Array(repeating: 0, count: 12) + request[24..<42] + octets(port)
        return answer + Array(repeating: 0, count: 10) + [0xFF, 0xFF, 11, 22, 33, address]
    }

    private mutating func answerNATPMP(_ request: [UInt8], at time: Duration) -> [UInt8] {
        var (result, port, lifetime) = map(
            number(request, 4), by: .natPMP, nonce: [], suggested: number(request, 6),
            lifetime: UInt32(number(request, 8)) << 16 | UInt32(number(request, 10)), at: time)
        // Its codes are others.
        if result == 8 { result = 4 }
        var answer: [UInt8] = [0, request[1] + 128, 0, result] + epoch(at: time)
        answer += request[4..<6] + octets(port)
        return answer + octets(lifetime)
    }

    private mutating func map(
        _ internalPort: UInt16, by technique: Technique, nonce: [UInt8], suggested: UInt16,
        lifetime: UInt32, at time: Duration
    ) -> (result: UInt8, port: UInt16, lifetime: UInt32) {
        table = rows(at: time)
        let place = table.firstIndex {
            $0.internalPort == internalPort && $0.technique == technique
        }
        if let place, table[place].nonce != nonce { return (2, 0, 0) }
        guard lifetime > 0 else {
            if let place { table.remove(at: place) }
            return (0, 0, 0)
        }
        if let refusal = refusal(ofRenewal: place != nil) { return (refusal, 0, 0) }
        let old = place.map { table.remove(at: $0) }
        let used = taken.union(
            table.filter { $0.internalPort != internalPort }.map(\.externalPort))
        var port = old?.externalPort ?? suggested
        while port < 1024 || used.contains(port) { port = port == .max ? 1024 : port + 1 }
        let granted = min(lifetime, mood.longestLifetime)
        add(
            Row(
                internalPort: internalPort, technique: technique, externalPort: port, nonce: nonce,
                end: time + .seconds(Int64(granted))))
        return (0, port, granted)
    }

    /// Adds a row in place of what another technique has mapped at the same port.
    private mutating func add(_ row: Row) {
        table.removeAll { $0.externalPort == row.externalPort }
        table.append(row)
    }

    /// The result of a request that is no delete, where it is refused.
    private func refusal(ofRenewal isRenewal: Bool) -> UInt8? {
        isRenewal || !mood.refusesRenewalsOnly ? mood.refusal : nil
    }

    private func epoch(at time: Duration) -> [UInt8] {
        octets(UInt32(clamping: (time - birth).components.seconds))
    }

    private func number(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    private func octets(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    private func octets(_ number: UInt32) -> [UInt8] {
        octets(UInt16(number >> 16)) + octets(UInt16(number & 0xFFFF))
    }
}

// MARK: UPnP

extension SoakRouter {
    /// What comes of a call, and when.
    mutating func answer(
        _ request: HTTPRequest, at time: Duration
    ) -> (delay: Duration, content: Result<HTTPResponse, HTTPClientError>) {
        requests += 1
        if mood.isSilent { return (.zero, .failure(.unopened)) }
        guard !mood.isClosed, techniques.contains(.upnp) else {
            let refused = SystemError("connect", code: ECONNREFUSED)
            return (.milliseconds(1), .failure(.connection(refused)))
        }
        // TCP repeats what is lost, up to a point.
        if isLost(), isLost() { return (.zero, .failure(.unopened)) }
        guard request.url.target == controlPath else { return (mood.delay, .success(.status(404))) }
        if mood.lies, Bool.random(using: &random) { return (mood.delay, .success(Self.page)) }
        guard let body = request.call?.body,
            case .response(let call) = try? SOAPAnswer(parsing: body, limits: .action)
        else { return (mood.delay, .success(.status(400))) }
        let arguments = Dictionary(call.results.map { ($0.name, $0.value) }) { first, _ in first }
        table = rows(at: time)
        let answer = respond(to: call.element, arguments, at: time)
        if isLost(), isLost() { return (.zero, .failure(.timeout)) }
        if mood.lies, Bool.random(using: &random) { return (mood.delay, .success(Self.page)) }
        return (mood.delay, .success(answer))
    }

    private static let page = HTTPResponse.status(200, Array("<html>Log in</html>".utf8))

    private mutating func respond(
        to action: String, _ arguments: [String: String], at time: Duration
    ) -> HTTPResponse {
        let port = UInt16(arguments["NewExternalPort"] ?? "") ?? 0
        let place = table.firstIndex { $0.externalPort == port }
        switch action {
        case "GetExternalIPAddress":
            return .soap(
                action, "<NewExternalIPAddress>11.22.33.\(address)</NewExternalIPAddress>")
        case "GetSpecificPortMappingEntry":
            if taken.contains(port) {
                return .soap(
                    action, ScriptedIGD.Entry(client: "192.168.77.99", port: "80").fields)
            }
            guard let place else { return .soap(fault: 714) }
            let rest = Int((table[place].end - time).components.seconds)
            return .soap(action, entry(table[place].internalPort, lease: max(1, rest)).fields)
        case "AddPortMapping":
            guard let internalPort = UInt16(arguments["NewInternalPort"] ?? ""),
                let lease = UInt32(arguments["NewLeaseDuration"] ?? ""), lease > 0
            else { return .soap(fault: 402) }
            if taken.contains(port) || place.map({ table[$0].internalPort != internalPort }) == true
            {
                return .soap(fault: 718)
            }
            if let refusal = refusal(ofRenewal: place != nil) {
                return .soap(fault: refusal == 2 ? 606 : 501)
            }
            let end = time + .seconds(Int64(min(lease, mood.longestLifetime)))
            add(
                Row(internalPort: internalPort, technique: .upnp, externalPort: port, end: end))
            return .soap(action, "")
        case "DeletePortMapping":
            guard let place else { return .soap(fault: 714) }
            table.remove(at: place)
            return .soap(action, "")
        default:
            return .soap(fault: 401)
        }
    }

    private func entry(_ internalPort: UInt16, lease: Int) -> ScriptedIGD.Entry {
        ScriptedIGD.Entry(
            client: ScriptedTransport.client.address.description, port: String(internalPort),
            lease: lease)
    }
}
