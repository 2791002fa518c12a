import Logging

/// The answer to a call that was not refused.
struct UPnPReply: Hashable, Sendable {
    /// In the order they came; empty also when there was no body at all.
    var results: [UPnPArgument]
    /// Whether one of them was longer than what is kept, and is cut.
    var hasCutText = false
    /// The address from which the device was called.
    var localAddress: SocketAddress

    /// A result that the action must have.
    ///
    /// - Throws: `UPnPFailure.result` when it is missing.
    func required(_ name: String) throws(UPnPFailure) -> String {
        guard let value = self[name] else { throw .result(name) }
        return value
    }

    /// The first result of this name.
    subscript(name: String) -> String? { results.first { $0.name == name }?.value }
}

extension UPnPService {
    /// Sends a call and reads what comes of it.
    ///
    /// - Parameters:
    ///   - action: the action.
    ///   - arguments: its arguments, in their order.
    ///   - limits: how much is read.
    ///   - isHarmless: whether asking again does no harm although the device may have acted; `nil`
    ///     says so of what only reads, `Get…`.
    ///   - patience: how long an action that changes something waits for its answer, once it is
    ///     sent; `nil` for as long as there is time.
    ///   - isFollowed: whether the device is asked something else next.
    ///   - deadline: when to give up.
    /// - Returns: the answer.
    /// - Throws: `UPnPFailure`, `UPnPUsageError`, `CancellationError`.
    func invoke(
        _ action: String, _ arguments: [UPnPArgument] = [], limits: XMLLimits = .action,
        isHarmless: Bool? = nil, patience: Duration? = nil, isFollowed: Bool = false,
        until deadline: ContinuousClock.Instant
    ) async throws -> UPnPReply {
        guard case .url(let url) = control else {
            throw UPnPFailure.url(control.refusal ?? .missing)
        }
        var request = try self.request(action, arguments, at: url)
        log.trace("to \(url): \(action) with \(arguments.text)")
        request.version = knownVersion
        request.isFollowed = isFollowed
        let isHarmless = isHarmless ?? action.hasPrefix("Get")
        var exchange = try await send(request, isHarmless, limits, patience, until: deadline)
        if exchange.response.status == 404, let otherControl {
            log.debug("\(url): HTTP status 404, trying \(otherControl)")
            request.url = otherControl
            exchange = try await send(request, isHarmless, limits, patience, until: deadline)
        }
        let reply = try Self.reply(to: action, exchange, limits: limits)
        log.trace("\(url): \(action) returned \(reply.results.text)")
        return reply
    }

    private func request(
        _ action: String, _ arguments: [UPnPArgument], at url: HTTPURL
    ) throws -> HTTPRequest {
        let soap = SOAPRequest(serviceType: type, action: action, arguments: arguments)
        do {
            return HTTPRequest(
                url: url,
                call: HTTPRequest.Call(soapAction: try soap.soapAction, body: try soap.encoded))
        } catch .serviceType {
            throw UPnPFailure.description(.notADescription(rootElement: "service"))
        } catch .content(let problem) {
            throw UPnPUsageError.inexpressible(problem.place)
        }
    }

    private func send(
        _ request: HTTPRequest, _ isHarmless: Bool, _ limits: XMLLimits, _ patience: Duration?,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        do {
            // Whether what changes something was carried out is the caller's to find out.
            let exchange = try await http.exchangeRepeatedly(
                request, bodyLimit: limits.bytes, isHarmless: isHarmless,
                patience: patience, until: deadline)
            keep(exchange.version)
            return exchange
        } catch let error as HTTPClientError {
            throw UPnPFailure.http(error)
        }
    }

    /// Decides by the body first: faults come with status 200 too, successes with 500, and
    /// successes without a body.
    private static func reply(
        to action: String, _ exchange: HTTPExchange, limits: XMLLimits
    ) throws(UPnPFailure) -> UPnPReply {
        let status = exchange.response.status
        let isSuccess = (200...299).contains(status)
        let answer: SOAPAnswer
        do { answer = try SOAPAnswer(parsing: exchange.response.body, limits: limits) } catch {
            throw isSuccess ? .notSOAP(error) : .status(status)
        }
        switch answer {
        case .fault(let fault) where isSuccess || fault.errorCode != nil:
            throw .fault(code: fault.errorCode, words: fault.errorDescription)
        case .response(let response) where isSuccess || status == 500:
            guard response.answers(action) else {
                throw isSuccess ? .anotherAnswer(response.element) : .status(status)
            }
            return UPnPReply(
                results: response.results, hasCutText: response.hasCutText,
                localAddress: exchange.localAddress)
        case .empty where isSuccess:
            return UPnPReply(results: [], localAddress: exchange.localAddress)
        default:
            throw .status(status)
        }
    }
}

extension [UPnPArgument] {
    /// Names and values for the log, in which no value can pass for another one (T-7).
    fileprivate var text: String {
        isEmpty
            ? "nothing"
            : map { "\(plain($0.name))=\(displayed($0.value))" }.joined(separator: ", ")
    }
}

extension XMLOutputError {
    /// The name of what cannot be written, of an action without the prefix that it is sent with.
    fileprivate var place: String {
        switch self {
        case .name(let name), .character(in: let name):
            name.hasPrefix("u:") ? String(name.dropFirst(2)) : name
        case .library: "the request"
        }
    }
}
