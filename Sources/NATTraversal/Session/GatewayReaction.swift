/// The reaction to a gateway's refusal, and the kind of exit code it leads to.
///
/// This is the one table of refusals, by the names of their codes; natctl-techniques(7) has it too. A code
/// that is not in the table, known or not, sends the request to the next technique: another
/// technique of the same gateway may grant what this one refuses.
struct GatewayReaction: Hashable, Sendable {
    /// Another form of the same request, for the technique that has refused it.
    ///
    /// Each is tried once, ports a few times.
    enum Remedy: Hashable, Sendable {
        /// Another external port, at most this often; never when the port is exact.
        case anotherPort(attempts: Int)
        /// Another suggested external address; never when the port is exact.
        case anotherAddress
        /// No options but the essential ones.
        case withoutOptions
        /// A new mapping instead of a renewal, after deleting the old one.
        case anew
        /// A lease without an end.
        case permanentLease
        /// The shortest description.
        case plainDescription
        /// An external port equal to the internal one.
        case samePort
        /// AddPortMapping instead of AddAnyPortMapping.
        case olderAction
        /// The same request again, after a pause.
        case later
    }

    /// The technique to ask when no remedy is left.
    enum Next: Hashable, Sendable {
        case nextTechnique
        /// The next technique on another port: a disabled daemon refuses by PCP and NAT-PMP alike.
        case otherPort
    }

    /// Tried in this order.
    var remedies: [Remedy]
    var next: Next
    /// The kind of refusal, which decides the exit code.
    var kind: GatewayRefusal.Kind
    /// Whether the code, as the answer to a delete, says that there was nothing to delete.
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

    /// How many external ports one technique is asked for.
    static let portLimit = 8

    /// The reaction to a refusal.
    init(to refusal: GatewayRefusal) {
        let isHTTP = refusal.name == GatewayRefusal.httpName
        let row = Row(technique: refusal.technique, code: refusal.code)
        self = (isHTTP ? nil : Self.table[row]) ?? .init()
        // miniupnpd maps nothing behind an address that nobody outside can reach, and says that it
        // is out of resources.
        if row == .pcp(.noResources), let address = refusal.externalAddress,
            address.scope != .public
        {
            self = .init([], .noExternalAddress, meansAbsence: meansAbsence)
        }
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
            // Some gateways cannot renew (N-8); miniupnpd answers so when a delete finds nothing
            // (N-10).
            .pcp(.noResources): .init([.anew], .noRoom, meansAbsence: true),
            .pcp(.userExceededQuota): .init(.noRoom),
            // Old miniupnpd answers so whenever 0.0.0.0 is suggested.
            .pcp(.cannotProvideExternal): .init([ports, .anotherAddress], .noRoom),
            // RFC 6886, section 3.5.
            .natPMP(.unsupportedVersion): .init(.unsupported),
            .natPMP(.notAuthorized): .init(then: .otherPort),
            .natPMP(.networkFailure): .init(.noExternalAddress),
            // RouterOS answers so when it dislikes the suggested port (N-3).
            .natPMP(.outOfResources): .init([.anotherPort(attempts: 1)], .noRoom),
            .natPMP(.unsupportedOpcode): .init(.unsupported),
            // and H-10 list what gateways mean by UPnP's codes.
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
