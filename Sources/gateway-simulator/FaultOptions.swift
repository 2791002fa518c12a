import ArgumentParser
import GatewaySimulator

/// What the gateway does wrong.
struct FaultOptions: ParsableArguments {
    @Option(help: "Percent of the datagrams lost, each way.") var loss = 0
    @Option(help: "Milliseconds for which each answer is held back, a search's excepted.")
    var delay = 0

    @Option(
        name: .customLong("delay-answer"),
        help: ArgumentHelp(
            "Carry an operation out at once and delay its answer: "
                + "\(names(GatewayOperation.self)).",
            valueName: "operation=milliseconds"),
        transform: {
            try assigned($0, "OPERATION=MILLISECONDS") { GatewayOperation(rawValue: $0) }
        })
    var answerDelays: [(GatewayOperation, Int)] = []

    @Option(help: "Milliseconds that each request occupies the gateway.") var processingTime = 0
    @Option(help: "How many more times each answer is sent.") var duplicates = 0

    @Option(help: "Where answers come from: \(names(GatewayFaults.AnswerSource.self)).")
    var answerFrom = GatewayFaults.AnswerSource.gateway

    @Option(help: "How answers are spoilt: \(names(GatewayFaults.Corruption.self)).")
    var corrupt: GatewayFaults.Corruption?

    @Flag(help: "The good answer follows the spoilt one.")
    var thenCorrect = false

    @Option(help: "What is not answered: \(names(GatewayFaults.Silence.self)).")
    var silence = GatewayFaults.Silence.none

    @Option(
        name: .customLong("refuse"),
        help: ArgumentHelp(
            "Refuse an operation with a result code, every time or the first COUNT times; the "
                + "lifetime is for PCP: \(names(GatewayOperation.refusable)).",
            valueName: "operation=code[,lifetime=seconds][,times=count]"),
        transform: refusal)
    var refusals: [(operation: GatewayOperation, refusal: GatewayFaults.Refusal)] = []

    @Option(
        help: ArgumentHelp(
            "Refuse so many renewals by PCP and NAT-PMP with a result code.",
            valueName: "code=count"),
        transform: renewalRefusal)
    var refuseRenewals: GatewayFaults.Refusal?

    @Flag(help: "PCP refuses a suggested address of 0.0.0.0 with 11 (CANNOT_PROVIDE_EXTERNAL).")
    var refuseAnyAddress = false

    @Flag(help: "NAT-PMP refuses a delete that does not name the granted port (3).")
    var deleteByGrantedPort = false

    @Option(help: "The lifetime of PCP's errors, in seconds.") var errorLifetime: UInt32?
    @Flag(help: "PCP's errors are 24 bytes.") var headerOnlyErrors = false
    @Flag(help: "Mappings are granted and not made.") var grantWithoutMapping = false

    @Option(help: "The external port granted: \(names(GatewayFaults.GrantedPort.self)).")
    var grantPort = GatewayFaults.GrantedPort.asSuggested

    @Option(help: "The lifetime granted whatever was asked for, in seconds.")
    var grantLifetime: UInt32?

    @Flag(help: "A restart leaves the epoch as it is.") var keepEpoch = false
    @Option(help: "How fast the epoch runs; below 0 backwards.") var epochRate = 1.0

    /// The faults asked for.
    var faults: GatewayFaults {
        var faults = GatewayFaults()
        faults.lossPercent = loss
        faults.delay = .milliseconds(delay)
        faults.answerDelays = Dictionary(answerDelays.map { ($0, .milliseconds($1)) }) { $1 }
        faults.processingTime = .milliseconds(processingTime)
        faults.duplicates = max(0, duplicates)
        faults.answerSource = answerFrom
        faults.corruption = corrupt
        faults.corruptsOnlyFirstCopy = thenCorrect
        faults.silence = silence
        faults.refusals = Dictionary(refusals.map { ($0.operation, $0.refusal) }) { $1 }
        faults.renewalRefusal = refuseRenewals
        faults.refusesAnyAddress = refuseAnyAddress
        faults.deletesOnlyByGrantedPort = deleteByGrantedPort
        faults.errorLifetimeSeconds = errorLifetime
        faults.sendsHeaderOnlyErrors = headerOnlyErrors
        faults.grantsWithoutMapping = grantWithoutMapping
        faults.grantedPort = grantPort
        faults.grantedLifetimeSeconds = grantLifetime
        faults.keepsEpoch = keepEpoch
        faults.epochRate = epochRate
        return faults
    }
}

extension GatewayFaults.AnswerSource: ExpressibleByArgument {}
extension GatewayFaults.Corruption: ExpressibleByArgument {}
extension GatewayFaults.Silence: ExpressibleByArgument {}
extension GatewayFaults.GrantedPort: ExpressibleByArgument {}

/// The words that an option takes, for its help.
func names<Value: CaseIterable & RawRepresentable<String>>(_ type: Value.Type) -> String {
    names(Array(type.allCases))
}

private func names(_ values: [some RawRepresentable<String>]) -> String {
    values.map(\.rawValue).joined(separator: ", ")
}

/// Reads `KEY=NUMBER`, where `key` knows the keys.
///
/// - Throws: `ValidationError`, which says what `form` is wanted.
func assigned<Key, Number: FixedWidthInteger>(
    _ text: some StringProtocol, _ form: String, key: (String) -> Key?
) throws -> (Key, Number) {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let key = key(String(parts[0])), let number = Number(parts[1]) else {
        throw ValidationError("'\(text)' is not \(form).")
    }
    return (key, number)
}

private func refusal(
    _ text: String
) throws -> (operation: GatewayOperation, refusal: GatewayFaults.Refusal) {
    let form = "OPERATION=CODE[,lifetime=SECONDS][,times=COUNT]"
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let (operation, code): (_, UInt16) = try assigned(parts[0], form) { name in
        GatewayOperation.refusable.first { $0.rawValue == name }
    }
    var refusal = GatewayFaults.Refusal(code: code)
    for part in parts.dropFirst() {
        let (name, value): (_, UInt32) = try assigned(part, form) {
            ["lifetime", "times"].contains($0) ? $0 : nil
        }
        if name == "times" {
            refusal.count = Int(value)
        } else if operation.rawValue.hasPrefix("pcp") {
            refusal.lifetimeSeconds = value
        } else {
            throw ValidationError("'\(text)': only PCP's refusals have a lifetime.")
        }
    }
    return (operation, refusal)
}

private func renewalRefusal(_ text: String) throws -> GatewayFaults.Refusal {
    let (code, count): (_, Int) = try assigned(text, "CODE=COUNT") { UInt16($0) }
    return GatewayFaults.Refusal(code: code, count: count)
}
