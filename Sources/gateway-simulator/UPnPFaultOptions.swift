import ArgumentParser
import GatewaySimulator

/// What the gateway does wrong in UPnP.
struct UPnPFaultOptions: ParsableArguments {
    @Option(help: "The only search target that is answered.") var onlySearchTarget: String?
    @Flag(help: "Searches are answered from another port.") var searchFromAnotherPort = false
    @Flag(help: "Answers to searches have bare lines and small letters.") var sloppyHeaders = false
    @Option(help: "The LOCATION of those answers.") var announceLocation: String?
    @Flag(help: "The description has white space in front and zero bytes behind.")
    var padDescription = false
    @Flag(help: "Types are those of the DSL Forum.") var dslForum = false
    @Flag(help: "A WANPPPConnection:1 that is not connected stands in front.")
    var idleConnection = false
    @Flag(help: "Services have no descriptions.") var noServiceDescriptions = false
    @Flag(help: "A login page stands in place of the description.") var loginPage = false
    @Option(
        help: ArgumentHelp(
            "Fail requests for the device description, all or the first COUNT: "
                + "\(names(UPnPFaults.DescriptionFault.Kind.self)).",
            valueName: "fault[=count]"),
        transform: descriptionFault)
    var failDescription: UPnPFaults.DescriptionFault?
    @Option(help: "The URLBase of the description.") var baseURL: String?
    @Option(help: "The control URL of the connection, as the description spells it.")
    var controlURL: String?
    @Flag(help: "The description lacks the connection service.") var noConnection = false
    @Option(help: "The device's name.") var friendlyName: String?
    @Option(help: "How answers are framed.")
    var framing = UPnPFaults.Framing.contentLength
    @Option(help: "The HTTP status that answers every control request.") var controlStatus: Int?
    @Option(help: "Where every control request is redirected to.") var redirect: String?
    @Option(help: "Milliseconds that each byte of an answer takes.") var byteInterval = 0
    @Flag(help: "A header not spelled SOAPACTION gets a page of HTML.") var capitalHeader = false
    @Flag(help: "HTTP/1.1 is refused.") var noHTTP11 = false
    @Option(name: .customLong("reset"), help: "An action that is answered by a reset.")
    var resetActions: [String] = []
    @Option(
        name: .customLong("spoil-action"),
        help: ArgumentHelp(
            "Carry an action out and spoil its answer: \(names(UPnPFaults.SpoiltAnswer.self)).",
            valueName: "action=how"),
        transform: spoiltAnswer)
    var spoiltAnswers: [(action: String, how: UPnPFaults.SpoiltAnswer)] = []
    @Option(
        name: .customLong("delay-action"),
        help: ArgumentHelp(
            "Carry an action out at once and delay its answer.",
            valueName: "action=milliseconds"),
        transform: { try assigned($0, "ACTION=MILLISECONDS") { $0 } })
    var actionDelays: [(String, Int)] = []
    @Option(
        name: .customLong("refuse-action"),
        help: ArgumentHelp("Refuse an action with a code.", valueName: "action=code"),
        transform: { try assigned($0, "ACTION=CODE") { $0 } })
    var refusals: [(String, Int)] = []
    @Option(help: "Refuse leases that are not permanent with this code, 725 for instance.")
    var refuseLeases: Int?
    @Option(help: "Refuse descriptions of more than 32 bytes with this code.")
    var refuseDescriptions: Int?
    @Flag(help: "Refuse an internal port that differs from the external one (724).")
    var samePorts = false
    @Flag(help: "Refuse a remote host (726).") var noRemoteHosts = false
    @Flag(help: "Leases are taken and not kept.") var ignoreLeases = false
    @Flag(help: "AddPortMapping succeeds and maps nothing, unless the lease is permanent.")
    var dropTimed = false
    @Option(help: "The text shown as the lease of every mapping.") var leaseText: String?
    @Flag(help: "A repeated request does not renew.") var ignoreRenewals = false
    @Option(help: "Milliseconds for which a new entry cannot be read.") var hideNewEntries = 0
    @Flag(help: "Faults come with status 200.") var faultsWith200 = false
    @Flag(help: "Faults have odd names and no name space.") var oddFaults = false
    @Flag(help: "Answers of actions have no body.") var emptyAnswers = false
    @Flag(help: "Answers lack Response and have another name space.") var oddAnswers = false
    @Option(help: "The text of NewExternalIPAddress.") var addressText: String?
    @Option(help: "The text of NewConnectionStatus.") var connectionStatus = "Connected"
    @Option(help: "The code at the end of the list.") var endOfList = 713
    @Flag(help: "The list repeats its last entry for ever.") var repeatLastEntry = false

    /// The faults asked for.
    var faults: UPnPFaults {
        var faults = UPnPFaults()
        faults.onlySearchTarget = onlySearchTarget
        faults.answersFromAnotherPort = searchFromAnotherPort
        faults.hasSloppyHeaders = sloppyHeaders
        faults.location = announceLocation
        faults.padsDescription = padDescription
        faults.namesDSLForum = dslForum
        faults.hasIdleConnection = idleConnection
        faults.hidesServiceDescriptions = noServiceDescriptions
        faults.hasLoginPage = loginPage
        faults.descriptionFault = failDescription
        faults.baseURL = baseURL
        faults.controlURL = controlURL
        faults.hidesConnection = noConnection
        faults.friendlyName = friendlyName ?? faults.friendlyName
        faults.framing = framing
        faults.controlStatus = controlStatus
        faults.redirection = redirect
        faults.byteInterval = .milliseconds(byteInterval)
        faults.wantsCapitalHeader = capitalHeader
        faults.refusesHTTP11 = noHTTP11
        faults.resetActions = Set(resetActions)
        faults.spoiltAnswers = Dictionary(spoiltAnswers.map { ($0.action, $0.how) }) { $1 }
        faults.actionDelays = Dictionary(actionDelays.map { ($0, .milliseconds($1)) }) { $1 }
        faults.refusals = Dictionary(refusals) { $1 }
        faults.timedLeaseRefusal = refuseLeases
        faults.longDescriptionRefusal = refuseDescriptions
        faults.wantsSamePorts = samePorts
        faults.refusesRemoteHosts = noRemoteHosts
        faults.ignoresLeases = ignoreLeases
        faults.dropsTimedMappings = dropTimed
        faults.shownLease = leaseText
        faults.ignoresRenewals = ignoreRenewals
        faults.hidesNewEntries = .milliseconds(hideNewEntries)
        faults.sendsFaultsWith200 = faultsWith200
        faults.hasOddFaults = oddFaults
        faults.sendsEmptyAnswers = emptyAnswers
        faults.hasOddAnswers = oddAnswers
        faults.externalAddress = addressText
        faults.connectionStatus = connectionStatus
        faults.endOfList = endOfList
        faults.repeatsLastEntry = repeatLastEntry
        return faults
    }
}

extension UPnPFaults.Framing: ExpressibleByArgument {}

private func spoiltAnswer(
    _ text: String
) throws -> (action: String, how: UPnPFaults.SpoiltAnswer) {
    let parts = text.split(separator: "=")
    guard parts.count == 2, let how = UPnPFaults.SpoiltAnswer(rawValue: String(parts[1])) else {
        throw ValidationError("'\(text)' is not ACTION=HOW.")
    }
    return (String(parts[0]), how)
}

private func descriptionFault(_ text: String) throws -> UPnPFaults.DescriptionFault {
    if let kind = UPnPFaults.DescriptionFault.Kind(rawValue: text) {
        return UPnPFaults.DescriptionFault(kind)
    }
    let (kind, count): (_, Int) = try assigned(text, "FAULT[=COUNT]") {
        UPnPFaults.DescriptionFault.Kind(rawValue: $0)
    }
    return UPnPFaults.DescriptionFault(kind, count: count)
}
