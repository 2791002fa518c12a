/// What natctl does about a gateway's no, and how a command ends that meets one.
///
/// The one table of refusals, by the names of the codes; natctl(1) has it too. A code that is not
/// in it, known or not, sends the request to the next technique: another one of the same gateway
/// may grant what this one refuses.
struct GatewayReaction: Hashable, Sendable {
    /// Another form of the same request, for the technique that has refused it. Each is tried once,
    /// ports a few times.
    enum Remedy: Hashable, Sendable {
        /// Another external port, so often at most; never where one port is demanded.
        case anotherPort(attempts: Int)
        /// Another suggested external address; never where one port is demanded.
        case anotherAddress
        /// Without what the request can do without.
        case withoutOptions
        /// A renewal as a mapping of its own, after the old one was deleted.
        case anew
        /// A lease without an end.
        case permanentLease
        /// The shortest description.
        case plainDescription
        /// The same external as internal port.
        case samePort
        /// AddPortMapping instead of AddAnyPortMapping.
        case olderAction
        /// The same again in a while.
        case later
    }

    /// Who is asked when no remedy is left.
    enum Next: Hashable, Sendable {
        case nextTechnique
        /// The next technique on another port: a daemon that was switched off says the same by PCP
        /// and by NAT-PMP.
        case otherPort
    }

    /// Tried in this order.
    var remedies: [Remedy]
    var next: Next
    /// Which exit code it leads to.
    var kind: GatewayRefusal.Kind
    /// Whether a delete that is answered so has nothing left to delete.
    var meansAbsence: Bool

    private init(
        _ remedies: [Remedy] = [], then next: Next = .nextTechnique,
        _ kind: GatewayRefusal.Kind = .denied, meansAbsence: Bool = false
    ) {
        self.remedies = remedies
        self.next = next
        self.kind = kind
        self.meansAbsence = meansAbsence
    }

    /// How many external ports are asked for by one technique.
    static let portLimit = 8

    /// The reaction to a refusal.
    init(to refusal: GatewayRefusal) {
        let isHTTP = refusal.name == GatewayRefusal.httpName
        let row = Row(technique: refusal.technique, code: refusal.code)
        self = (isHTTP ? nil : Self.table[row]) ?? .init()
    }

    /// The reaction to a fault of a connection service.
    init(toFault code: Int32) {
        self = Self.table[.upnp(UPnPErrorCode(rawValue: code))] ?? .init()
    }

    private struct Row: Hashable, Sendable {
        var technique: Technique
        var code: Int

        static func pcp(_ result: PCPResult) -> Row {
            Row(technique: .pcp, code: Int(result.rawValue))
        }

        static func natPMP(_ result: NATPMPResult) -> Row {
            Row(technique: .natPMP, code: Int(result.rawValue))
        }

        static func upnp(_ code: UPnPErrorCode) -> Row {
            Row(technique: .upnp, code: Int(code.rawValue))
        }
    }

    private static let table: [Row: GatewayReaction] = {
        let ports = Remedy.anotherPort(attempts: portLimit)
        var table: [Row: GatewayReaction] = [
            // RFC 6887, section 7.4.
            .pcp(.unsupportedVersion): .init(.unsupported),
            .pcp(.notAuthorized): .init(then: .otherPort),
            .pcp(.unsupportedOpcode): .init(.unsupported),
            .pcp(.unsupportedOption): .init([.withoutOptions]),
            .pcp(.malformedOption): .init([.withoutOptions]),
            .pcp(.networkFailure): .init(.noExternalAddress),
            // Some gateways cannot renew (N-8); miniupnpd says so of a delete of nothing (N-10).
            .pcp(.noResources): .init([.anew], .noRoom, meansAbsence: true),
            .pcp(.userExceededQuota): .init(.noRoom),
            // Old miniupnpd says so of every suggestion of 0.0.0.0.
            .pcp(.cannotProvideExternal): .init([ports, .anotherAddress], .noRoom),
            // RFC 6886, section 3.5.
            .natPMP(.unsupportedVersion): .init(.unsupported),
            .natPMP(.notAuthorized): .init(then: .otherPort),
            .natPMP(.networkFailure): .init(.noExternalAddress),
            // RouterOS says so when it dislikes the suggested port (N-3).
            .natPMP(.outOfResources): .init([.anotherPort(attempts: 1)], .noRoom),
            .natPMP(.unsupportedOpcode): .init(.unsupported),
            // What gateways mean by UPnP's is and H-10.
            .upnp(.invalidAction): .init([.olderAction], .unsupported),
            .upnp(.optionalActionNotImplemented): .init([.olderAction], .unsupported),
            .upnp(.invalidArgs): .init([.permanentLease, .plainDescription]),
            .upnp(.forbidden): .init([.permanentLease, .plainDescription]),
            .upnp(.actionFailed): .init([.permanentLease, .plainDescription]),
            .upnp(.argumentValueInvalid): .init([.permanentLease]),
            .upnp(.argumentValueOutOfRange): .init([.permanentLease, .plainDescription]),
            .upnp(.outOfMemory): .init(.noRoom),
            .upnp(.stringArgumentTooLong): .init([.plainDescription]),
            .upnp(.valueSpecifiedIsInvalid): .init([.permanentLease, .plainDescription]),
            // The line is going up or down.
            .upnp(.connectionSetupInProgress): .init([.later]),
            .upnp(.disconnectInProgress): .init([.later]),
            .upnp(.noSuchEntryInArray): .init(meansAbsence: true),
            .upnp(.conflictInMappingEntry): .init([ports], .noRoom),
            .upnp(.samePortValuesRequired): .init([.samePort]),
            .upnp(.onlyPermanentLeasesSupported): .init([.permanentLease]),
            .upnp(.noPortMapsAvailable): .init(.noRoom),
            .upnp(.conflictWithOtherMechanisms): .init([ports], .noRoom),
            .upnp(.noTimedLeases): .init([.permanentLease]),
        ]
        for code in UPnPErrorCode.vendorsArguments {
            table[.upnp(UPnPErrorCode(rawValue: code))] = .init([.plainDescription])
        }
        return table
    }()
}

extension GatewayReaction {
    private init(_ kind: GatewayRefusal.Kind) { self.init([], kind) }

    private init(_ remedies: [Remedy], _ kind: GatewayRefusal.Kind, meansAbsence: Bool = false) {
        self.init(remedies, then: .nextTechnique, kind, meansAbsence: meansAbsence)
    }
}
