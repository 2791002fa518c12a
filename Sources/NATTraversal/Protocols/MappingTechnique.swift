/// The operations on one gateway that PCP, NAT-PMP and UPnP share.
///
/// Not Sendable: one task uses it at a time. Its methods throw `PortMapperError` or
/// `CancellationError`.
protocol MappingTechnique: AnyObject {
    /// Asks whether the gateway offers the technique, without side effects.
    func probe(_ limit: AskLimit) async throws -> TechniqueProbe

    /// Asks for the external address; `nil` when the gateway has none.
    func externalAddress(_ limit: AskLimit) async throws -> IPAddress?

    /// Requests mappings, or renews those that leases name.
    ///
    /// - Parameters:
    ///   - attempts: the mappings to request, in the form their ladders have chosen.
    ///   - limit: how long it may take.
    ///   - record: called with an attempt's position and the external port before sending a request
    ///     that the gateway may carry out even if no response arrives.
    /// - Returns: an answer for each attempt.
    /// - Throws: `CancellationError`, and what `record` throws.
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer]

    /// Withdraws a request that was not answered, without waiting: sends a delete now, and again if
    /// a grant arrives late.
    func withdraw(_ attempt: MappingAttempt)

    /// Deletes the mappings that leases name; one that is already gone is no failure.
    ///
    /// - Returns: an outcome for each lease.
    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>]

    /// Forgets whatever may have changed since the last command or renewal.
    func begin()
}

/// A technique's answer to the request for one mapping.
struct TechniqueAnswer: Sendable {
    var result: Result<MappingGrant, PortMapperError>
    /// The external port of a request that the gateway may have carried out without confirming or
    /// refusing it.
    var openPort: PortNumber?
    /// Whether this very request was sent; an earlier port's failure may speak for all.
    var wasSent = true
}

/// The result of a delete.
enum Removal: Hashable, Sendable {
    case deleted
    /// Nothing was there to delete, as far as the response shows.
    case absent
}

/// The result of probing a technique without requesting anything.
struct TechniqueProbe: Sendable {
    /// The age of the gateway's mapping table in seconds, if reported.
    var epochSeconds: UInt32?
    /// The external address, if reported.
    var externalAddress: IPAddress?
    /// Whether the technique reports an external address, so that `nil` means there is none.
    var tellsAddress = true
    /// The UPnP device and the state of its connection.
    var device: (device: UPnPDevice, status: IGDStatus?)?
    /// When the gateway answered; `nil` is when the probe ended.
    var answered: ContinuousClock.Instant?
}

extension MappingTechnique {
    /// Makes the requests one by one, and stops at a failure that holds for all ports.
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
            answers += Array(
                repeating: TechniqueAnswer(result: .failure(error), wasSent: false), count: rest)
            break
        }
        return answers
    }

    /// Deletes leases one by one, each with its own outcome.
    func oneByOne(
        _ leases: [Lease], _ delete: (Lease) async throws -> Removal
    ) async throws -> [Result<Removal, PortMapperError>] {
        var outcomes: [Result<Removal, PortMapperError>] = []
        for lease in leases { outcomes.append(try await Result { try await delete(lease) }) }
        return outcomes
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
    /// Catches the `PortMapperError` of `body` and rethrows any other error.
    init(catching body: () async throws -> Success) async throws {
        do { self = .success(try await body()) } catch let error as PortMapperError {
            self = .failure(error)
        }
    }
}

extension Duration {
    /// The whole seconds, clamped to a lifetime field: 0 to 2^32 - 1.
    var wholeSeconds: UInt32 { UInt32(clamping: components.seconds) }
}
