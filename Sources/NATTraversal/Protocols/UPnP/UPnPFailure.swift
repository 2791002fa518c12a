import Glibc

/// What came of a request to a device instead of what was asked for.
///
/// A refusal, a time-out and nonsense are never confused; the public error is made of it in one
/// place.
enum UPnPFailure: Error, Hashable, Sendable {
    /// The device refused, with its code, `nil` where that is no number, and its own words, which are
    /// for the log alone.
    case fault(code: Int32?, words: String?)
    /// It answered with this status and nothing that says more; 3xx is never followed (T-9).
    case status(Int)
    /// It answered 200 with something that is not SOAP, often a login page (H-11).
    case notSOAP(SOAPAnswerError)
    /// It answered another action, of which this is the element.
    case anotherAnswer(String)
    /// A result that is needed is missing, or is not what it should be.
    case result(String)
    /// Its description cannot be used.
    case description(DescriptionError)
    /// There was no answer.
    case http(HTTPClientError)
    /// The URL is not one to send anything to.
    case url(URLRefusal)
    /// The request failed in this way, and it is not known whether it was carried out.
    indirect case unconfirmed(UPnPFailure)

    /// Whether the mapping that was asked for last may exist although asking for it failed.
    ///
    /// `IGDConnection.map` throws such a failure when the gateway may have carried out a request and
    /// its table could not be read after it, when a mapping that is not what was wanted could not be
    /// deleted, and when the gateway was silent to the end, so that it may still do what it was asked.
    /// Then the port that `willAsk` was told last may be open, and its lease is to be kept as asked
    /// for. Every other failure leaves nothing of this request behind: the gateway has refused,
    /// nothing was sent, the table lacks the entry, or what was made has been deleted.
    var mayHaveBeenDone: Bool { if case .unconfirmed = self { true } else { false } }

    /// The code on which everything is decided, where there is one.
    var code: Int32? {
        if case .fault(let code, _) = cause { code } else { nil }
    }

    /// What went wrong, whatever is known of the table.
    private var cause: UPnPFailure {
        if case .unconfirmed(let failure) = self { failure.cause } else { self }
    }

    /// Whether nobody has answered.
    var isSilence: Bool { [.http(.timeout), .http(.unopened)].contains(cause) }

    /// Whether the call may have been carried out all the same: no answer, or one that says nothing
    /// of it, is neither a yes nor a no.
    var isInconclusive: Bool {
        switch cause {
        case .notSOAP, .anotherAnswer, .result: true
        case .status(let status): status >= 500 && ![501, 503, 505].contains(status)
        case .http(.timeout), .http(.message): true
        case .http(.connection(let error)): error.call == "receive"
        case .http(.unopened), .http(.wrongPeer), .fault, .description, .url, .unconfirmed: false
        }
    }

    /// Whether the gateway has answered a question about its table, but tells nothing by it.
    var isUnreadable: Bool { isRefusal || (isInconclusive && !isSilence) }

    /// Whether the failure looks like packets that were lost, so that the next exchange may succeed.
    var isTransient: Bool {
        switch cause {
        case .http(.timeout), .http(.unopened), .http(.message(.nothing)),
            .http(.message(.headCutShort)), .notSOAP(.xml(.malformed)):
            true
        case .http(.connection(let error)): error.call == "receive"
        default: false
        }
    }

    /// Whether the description may have moved since it was fetched, so that a new search may help
    /// (S-18).
    var isStale: Bool {
        switch cause {
        case .status(404): true
        case .http(.connection(let error)): error.code == ECONNREFUSED
        default: false
        }
    }

    /// Whether a question was refused, in whatever way: the answer will not come.
    var isRefusal: Bool { code != nil || isUnsupported }

    /// Whether the action seems not to exist: said so, or the connection broken off (H-10).
    var isUnsupported: Bool {
        if fault != nil { return deniesAction }
        return switch cause {
        case .status(501), .notSOAP: true
        case .http(.message(.nothing)), .http(.message(.headCutShort)): true
        case .http(.connection(let error)): error.code == ECONNRESET
        default: false
        }
    }
}

// The meaning of the codes that are no refusal of a mapping; the others are `GatewayReaction`'s.
extension UPnPFailure {
    private var fault: UPnPErrorCode? { code.map(UPnPErrorCode.init(rawValue:)) }

    /// Whether the service says in so many words that it has no such action.
    var deniesAction: Bool {
        fault.map { [.invalidAction, .optionalActionNotImplemented].contains($0) } ?? false
    }

    /// Whether the table has no entry like the one that was named.
    var isAbsentEntry: Bool { fault == .noSuchEntryInArray }

    /// Whether a list of the table is empty.
    var isEmptyListing: Bool { fault == .portMappingNotFound }

    /// Whether a gateway may mean by it that the table ends here.
    var isEndOfTable: Bool {
        guard let fault else { return false }
        return ![.invalidAction, .optionalActionNotImplemented, .actionNotAuthorized]
            .contains(fault)
    }

    /// Whether the entry at the port must be read to know what the refusal means.
    var mayMeanTakenPort: Bool {
        fault.map { [.conflictInMappingEntry, .actionFailed, .forbidden].contains($0) } ?? false
    }

    /// Whether the gateway says that the port is taken.
    var isConflict: Bool { fault == .conflictInMappingEntry }

    /// The code as WANIPv6FirewallControl means it.
    var pinholeFault: UPnPErrorCode? { fault }

    /// Whether there is no pinhole of this identifier, or no firewall: some say InvalidArgs or
    /// ActionFailed of one that they do not know.
    var meansNoPinhole: Bool {
        fault.map {
            [.noSuchPinhole, .invalidArgs, .actionFailed, .firewallDisabled].contains($0)
        } ?? false
    }

    /// Whether another tree of the same gateway may want no such permission (D-12).
    var wantsPermission: Bool { fault == .actionNotAuthorized }
}

extension PortMapperError {
    /// What a failure means to whoever asked `host`; `limit` is how long was waited.
    init(
        _ failure: UPnPFailure, host: SocketAddress, service: UPnPType? = nil, after limit: Duration
    ) {
        let gateway = GatewayAddress(hostOf: host)
        let badAnswer = { (problem: String) in
            Self.badAnswer(gateway: gateway, technique: .upnp, problem: problem)
        }
        self =
            switch failure {
            case .unconfirmed(let failure):
                Self(failure, host: host, service: service, after: limit)
            case .fault(let code?, _):
                .refused(GatewayRefusal(gateway: gateway, code: code, service: service))
            case .fault(nil, _): badAnswer("a fault without a code")
            // Not authorised, which no UPnP error says as well.
            case .status(let status) where status == 401 || status == 403:
                .refused(
                    GatewayRefusal(
                        gateway: gateway, technique: .upnp, code: status,
                        name: GatewayRefusal.httpName))
            case .status(let status) where (300...399).contains(status):
                badAnswer("a redirect, which is not followed")
            case .status(let status): badAnswer("HTTP status \(status)")
            case .notSOAP: badAnswer("a document that is not SOAP")
            case .anotherAnswer: badAnswer("the answer to another action")
            case .result(let name): badAnswer("\(name) is missing or not what it should be")
            case .description(let error): badAnswer(error.problem)
            case .url(let refusal): badAnswer("a URL that is refused: \(refusal.rawValue)")
            case .http(.timeout), .http(.unopened):
                .noAnswer(gateway: gateway, technique: .upnp, after: limit)
            case .http(.connection(let error)) where error.isOfThisHost: .system(error)
            case .http(.connection(let error)):
                .closed(gateway: gateway, technique: .upnp, cause: error)
            case .http(.wrongPeer): badAnswer("a connection that leads elsewhere")
            case .http(.message): badAnswer("an answer that is not HTTP, or over the limits")
            }
    }
}

extension DescriptionError {
    /// What is wrong, as the end of a sentence.
    fileprivate var problem: String {
        switch self {
        case .xml(.malformed(let line, let column)):
            "a malformed description, line \(line) column \(column)"
        case .xml(.doctype), .notADescription: "a document that is not a UPnP description"
        case .xml(.overLimit), .tooManyServices: "a description over the limits"
        case .xml(.empty): "an empty description"
        case .xml(.encoding), .xml(.nul): "a description in an encoding that is not read"
        }
    }
}
