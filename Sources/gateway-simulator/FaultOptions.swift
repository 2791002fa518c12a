import ArgumentParser
import GatewaySimulator

/// What the gateway does wrong.
struct FaultOptions: ParsableArguments {
    @Option(help: "Percent of the datagrams lost, each way.") var loss = 0
    @Option(help: "Milliseconds for which each answer is held back.") var delay = 0
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
            "Refuse an operation with a result code: \(names(GatewayOperation.refusable)).",
            valueName: "operation=code"),
        transform: refusal)
    var refusals: [(operation: GatewayOperation, code: UInt16)] = []

    @Option(
        help: ArgumentHelp(
            "Refuse so many renewals by PCP and NAT-PMP with a result code.",
            valueName: "code=count"),
        transform: renewalRefusal)
    var refuseRenewals: GatewayFaults.RenewalRefusal?

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
        faults.processingTime = .milliseconds(processingTime)
        faults.duplicates = max(0, duplicates)
        faults.answerSource = answerFrom
        faults.corruption = corrupt
        faults.corruptsOnlyFirstCopy = thenCorrect
        faults.silence = silence
        faults.refusals = Dictionary(refusals.map { ($0.operation, $0.code) }) { $1 }
        faults.renewalRefusal = refuseRenewals
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

private func names<Value: CaseIterable & RawRepresentable<String>>(_ type: Value.Type) -> String {
    names(Array(type.allCases))
}

private func names(_ values: [some RawRepresentable<String>]) -> String {
    values.map(\.rawValue).joined(separator: ", ")
}

private func refusal(_ text: String) throws -> (operation: GatewayOperation, code: UInt16) {
    let parts = text.split(separator: "=")
    guard parts.count == 2,
        let operation = GatewayOperation.refusable.first(where: { $0.rawValue == parts[0] }),
        let code = UInt16(parts[1])
    else { throw ValidationError("'\(text)' is not OPERATION=CODE.") }
    return (operation, code)
}

private func renewalRefusal(_ text: String) throws -> GatewayFaults.RenewalRefusal {
    let parts = text.split(separator: "=")
    guard parts.count == 2, let code = UInt16(parts[0]), let count = Int(parts[1]) else {
        throw ValidationError("'\(text)' is not CODE=COUNT.")
    }
    return GatewayFaults.RenewalRefusal(code: code, count: count)
}
