/// The error codes of UPnP that decide something: below 700 they are the architecture's (UDA 1.1,
/// section 3.2.2), above the connection services' (WANIPConnection:2, table 2-15).
struct UPnPErrorCode: RawRepresentable, Hashable, Sendable {
    var rawValue: Int32

    static let invalidAction = UPnPErrorCode(rawValue: 401)
    static let invalidArgs = UPnPErrorCode(rawValue: 402)
    /// In no document; vendors mean a port that another client has, or any of what 501 means.
    static let forbidden = UPnPErrorCode(rawValue: 403)
    static let actionFailed = UPnPErrorCode(rawValue: 501)
    static let argumentValueInvalid = UPnPErrorCode(rawValue: 600)
    static let argumentValueOutOfRange = UPnPErrorCode(rawValue: 601)
    static let optionalActionNotImplemented = UPnPErrorCode(rawValue: 602)
    static let outOfMemory = UPnPErrorCode(rawValue: 603)
    static let stringArgumentTooLong = UPnPErrorCode(rawValue: 605)
    static let actionNotAuthorized = UPnPErrorCode(rawValue: 606)
    /// Of WANIPv6FirewallControl, as `firewallDisabled`, `inboundPinholeNotAllowed` and
    /// `noSuchPinhole` are: from 700 on each service has its own meanings.
    static let pinholeSpaceExhausted = UPnPErrorCode(rawValue: 701)
    static let firewallDisabled = UPnPErrorCode(rawValue: 702)
    static let inboundPinholeNotAllowed = UPnPErrorCode(rawValue: 703)
    static let noSuchPinhole = UPnPErrorCode(rawValue: 704)
    static let valueSpecifiedIsInvalid = UPnPErrorCode(rawValue: 702)
    static let connectionSetupInProgress = UPnPErrorCode(rawValue: 705)
    static let disconnectInProgress = UPnPErrorCode(rawValue: 707)
    static let specifiedArrayIndexInvalid = UPnPErrorCode(rawValue: 713)
    static let noSuchEntryInArray = UPnPErrorCode(rawValue: 714)
    static let conflictInMappingEntry = UPnPErrorCode(rawValue: 718)
    static let samePortValuesRequired = UPnPErrorCode(rawValue: 724)
    static let onlyPermanentLeasesSupported = UPnPErrorCode(rawValue: 725)
    static let noPortMapsAvailable = UPnPErrorCode(rawValue: 728)
    static let conflictWithOtherMechanisms = UPnPErrorCode(rawValue: 729)
    static let portMappingNotFound = UPnPErrorCode(rawValue: 730)
    /// A vendor's: no timed leases.
    static let noTimedLeases = UPnPErrorCode(rawValue: -911)
    /// Vendors' own words about an argument.
    static let vendorsArguments: ClosedRange<Int32> = 800...899
}
