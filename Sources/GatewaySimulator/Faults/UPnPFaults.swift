/// What a simulated gateway does wrong in UPnP; nothing, to begin with.
///
/// The numbers are those of the catalogue of router quirks that the tests cite.
package struct UPnPFaults: Sendable {
    // Searches.

    /// The only search target that is answered (S-1).
    package var onlySearchTarget: String?
    /// Whether answers to searches come from a port of their own (S-3).
    package var answersFromAnotherPort = false
    /// Whether those answers end their lines as they like and spell header names in small letters
    /// (S-5).
    package var hasSloppyHeaders = false
    /// The LOCATION of those answers instead of the true one (S-6).
    package var location: String?

    // Descriptions.

    /// Whether the device description has white space in front and zero bytes behind (D-1).
    package var padsDescription = false
    /// Whether its types are those of the DSL Forum (D-5).
    package var namesDSLForum = false
    /// Whether the connection service stands twice in it, first as a WANPPPConnection:1 that is not
    /// connected (D-6).
    package var hasIdleConnection = false
    /// Whether services have no descriptions (D-8).
    package var hidesServiceDescriptions = false
    /// Whether a login page stands in its place (D-9).
    package var hasLoginPage = false
    /// The URLBase of the device description (D-2).
    package var baseURL: String?
    /// The control URL of the connection service, as the description spells it (D-3).
    package var controlURL: String?
    /// Whether the description lacks the connection service (D-8).
    package var hidesConnection = false
    /// The device's name (D-11).
    package var friendlyName = "Simulated gateway"

    /// How the next requests for the device description fail; `nil` when they do not.
    package var descriptionFault: DescriptionFault?

    // Messages of HTTP.

    /// How answers are put on the wire (H-6).
    package var framing = Framing.contentLength
    /// The status, with which every control request is answered, behind a page of HTML (H-11).
    package var controlStatus: Int?
    /// Where a redirection leads that answers every control request (T-9).
    package var redirection: String?
    /// How long each byte of an answer takes (H-13).
    package var byteInterval = Duration.zero
    /// Whether a `Soapaction` in other letters than `SOAPACTION` gets a page of HTML (H-1).
    package var wantsCapitalHeader = false
    /// Whether HTTP/1.1 is refused (H-5).
    package var refusesHTTP11 = false
    /// The actions that are answered by a reset connection (H-10).
    package var resetActions: Set<String> = []
    /// How the answer to each action is spoilt; it is carried out all the same.
    package var spoiltAnswers: [String: SpoiltAnswer] = [:]
    /// How long the answer to each action is held back; it is carried out at once.
    ///
    /// It stands in place of what `GatewayFaults.answerDelays` wants of the operation.
    package var actionDelays: [String: Duration] = [:]

    // Actions.

    /// The error code with which each action is refused.
    package var refusals: [String: Int] = [:]
    /// The error code for a lease that is not permanent.
    package var timedLeaseRefusal: Int?
    /// The error code for a description of more than 32 bytes.
    package var longDescriptionRefusal: Int?
    /// Whether another internal than external port is refused with 724.
    package var wantsSamePorts = false
    /// Whether a remote host is refused with 726.
    package var refusesRemoteHosts = false
    /// Whether a lease is taken and not kept, so that the mapping is permanent.
    package var ignoresLeases = false
    /// Whether a lease that is not permanent is granted and nothing mapped.
    package var dropsTimedMappings = false
    /// The text of every NewLeaseDuration and NewLeaseTime that is read; `nil` for what is left
    ///
    package var shownLease: String?
    /// Whether a repeated AddPortMapping leaves the lease as it was.
    package var ignoresRenewals = false
    /// How long a new entry cannot be read.
    package var hidesNewEntries = Duration.zero
    /// Whether faults come with status 200.
    package var sendsFaultsWith200 = false
    /// Whether faults have camel-case names, no name space and no description.
    package var hasOddFaults = false
    /// Whether answers have no body.
    package var sendsEmptyAnswers = false
    /// Whether the answer's element lacks `Response` and has another service's name space.
    package var hasOddAnswers = false
    /// The text of NewExternalIPAddress.
    package var externalAddress: String?
    /// The text of NewConnectionStatus.
    package var connectionStatus = "Connected"
    /// The error code at the end of the list.
    package var endOfList = 713
    /// Whether the list never ends but repeats its last entry.
    package var repeatsLastEntry = false

    /// A gateway that behaves.
    package init() {}

    /// A failure of requests for the device description.
    package struct DescriptionFault: Sendable, Equatable {
        /// The way a request fails.
        package enum Kind: String, Sendable, CaseIterable {
            /// The connection stays open without an answer.
            case hung
            /// The document ends halfway.
            case cut
            /// The answer has status 503 and an error page.
            case unavailable = "503"
        }

        /// The way these requests fail.
        package var kind: Kind
        /// How many requests are still to fail.
        package var count: Int

        /// A fault of the next `count` answers.
        package init(_ kind: Kind, count: Int = .max) {
            self.kind = kind
            self.count = count
        }
    }

    /// How the answer to an action that was carried out is spoilt.
    package enum SpoiltAnswer: String, Sendable, CaseIterable {
        /// A page of HTML with status 200.
        case page
        /// Half of the XML.
        case cut
        /// The response of GetStatusInfo, or of GetExternalIPAddress instead of that.
        case otherAction = "other-action"
        /// Status 500 and no fault.
        case status500 = "500"
        /// The connection ends without a byte.
        case closed
    }

    /// How an answer is put on the wire.
    package enum Framing: String, Sendable, CaseIterable {
        case contentLength = "content-length"
        case chunked
        /// Neither length nor chunks; the end of the connection ends it.
        case untilClose = "until-close"
        /// The same, and the connection stays open.
        case stalled
        /// A Content-Length ten bytes beyond the end.
        case tooLong = "too-long"
        /// Two Content-Length headers that differ.
        case twoLengths = "two-lengths"
        /// `100 Continue` in front, which nobody asked for.
        case continueFirst = "continue-first"
        /// Lines that end in LF alone, and a status line without a reason.
        case bareLines = "bare-lines"
        /// A body that never ends.
        case endless
        /// Not a byte of an answer.
        case silent
    }
}
