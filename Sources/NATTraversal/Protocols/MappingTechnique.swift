/// How one technique asks one gateway: the one shape of PCP, NAT-PMP and UPnP.
///
/// Not Sendable: one task uses it at a time. Its methods throw `PortMapperError` or
/// `CancellationError`.
protocol MappingTechnique: AnyObject {
    /// Whether the gateway offers it; changes nothing there.
    func probe(_ limit: AskLimit) async throws -> TechniqueProbe

    /// The external address; `nil` when the gateway has none.
    func externalAddress(_ limit: AskLimit) async throws -> IPAddress?

    /// Maps, or maps again what a lease names.
    ///
    /// - Parameters:
    ///   - attempts: what to ask for, as their ladders put it.
    ///   - limit: how long it may take.
    ///   - record: called with an attempt's position and the external port before a request goes out
    ///     that may be carried out although no answer to it is ever heard.
    /// - Returns: an answer for each attempt.
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer]

    /// Takes back a request that was not answered, without waiting: a delete goes out now, and again
    /// should a grant still come.
    func withdraw(_ attempt: MappingAttempt)

    /// Deletes what leases name; what is not there is no failure.
    ///
    /// - Returns: an outcome for each lease.
    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>]

    /// Forgets what may have changed since the last command or renewal.
    func begin()
}

/// What came of asking for one mapping.
struct TechniqueAnswer: Sendable {
    var result: Result<MappingGrant, PortMapperError>
    /// The external port of a request that may have been carried out: the gateway has said neither
    /// yes nor no.
    var openPort: PortNumber?
}

/// What became of a delete.
enum Removal: Hashable, Sendable {
    case deleted
    /// There was nothing to delete, as far as can be told.
    case absent
}

/// What a technique tells of itself when it is asked for nothing.
struct TechniqueProbe: Sendable {
    /// The age of the gateway's mapping table in seconds, where it is told.
    var epochSeconds: UInt32?
    /// The external address, where it is told.
    var externalAddress: IPAddress?
    /// Whether the technique tells an external address, so that none means that there is none.
    var tellsAddress = true
    /// The UPnP device and the state of its connection.
    var device: (device: UPnPDevice, status: IGDStatus?)?
}

extension MappingTechnique {
    /// Asks one after the other, until a failure speaks for the rest as well.
    func oneByOne(
        _ attempts: [MappingAttempt], _ ask: (Int) async throws -> TechniqueAnswer
    ) async throws -> [TechniqueAnswer] {
        var answers: [TechniqueAnswer] = []
        for position in attempts.indices {
            let answer = try await ask(position)
            answers.append(answer)
            guard case .failure(let error) = answer.result, error.speaksForAllPorts else {
                continue
            }
            let rest = attempts.count - answers.count
            answers += Array(repeating: TechniqueAnswer(result: .failure(error)), count: rest)
            break
        }
        return answers
    }
}

extension PortMapperError {
    /// Whether another port would get the same answer.
    var speaksForAllPorts: Bool {
        switch self {
        case .closed, .noAnswer, .unsupported, .system: true
        default: false
        }
    }
}

extension Result where Failure == PortMapperError {
    /// The outcome of `body`, whose other errors are thrown on.
    init(catching body: () async throws -> Success) async throws {
        do { self = .success(try await body()) } catch let error as PortMapperError {
            self = .failure(error)
        }
    }
}

extension Duration {
    /// The whole seconds, as a lifetime field holds them: never negative, never above 2^32 - 1.
    var wholeSeconds: UInt32 { UInt32(clamping: components.seconds) }
}
