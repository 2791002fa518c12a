/// Why a call is not made: it could not succeed.
@nonexhaustive
public enum UPnPUsageError: Error, Hashable, Sendable {
    /// The service has no action of this name, but these.
    case noSuchAction(String, actions: [String])
    /// The action wants this argument too.
    case missingArgument(String)
    /// The action does not know this argument, but these.
    case unknownArgument(String, arguments: [String])
    /// The argument is given twice.
    case repeatedArgument(String)
    /// The argument cannot have this value, but these.
    case value(UPnPArgument, allowed: [String])
    /// The argument is a number of this range, which the value is not.
    case number(UPnPArgument, range: ClosedRange<Int64>)
    /// The argument or action of this name holds characters that a request has no place for (T-11).
    case inexpressible(String)
}

extension UPnPUsageError: CustomStringConvertible {
    /// What is wrong with the call: one sentence without a full stop.
    public var description: String {
        switch self {
        case .noSuchAction(let action, let actions):
            "no action \(plain(action)); the service has \(list(actions))"
        case .missingArgument(let name):
            "the action needs \(plain(name))"
        case .unknownArgument(let name, let arguments):
            "no argument \(plain(name)); the action takes \(list(arguments))"
        case .repeatedArgument(let name):
            "\(plain(name)) is given twice"
        case .value(let argument, let allowed):
            "\(plain(argument.name)) cannot be \(displayed(argument.value)); "
                + "the service allows \(list(allowed))"
        case .number(let argument, let range):
            "\(plain(argument.name)) is a number from \(range.lowerBound) to \(range.upperBound), "
                + "not \(displayed(argument.value))"
        case .inexpressible(let name):
            "\(displayed(name)) holds characters that cannot be sent"
        }
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(30).map(plain).joined(separator: ", ")
    }
}

extension UPnPAction {
    /// The arguments in the order the action declares them, each checked against its type, range and
    /// allowed values.
    ///
    /// - Throws: `UPnPUsageError`.
    func ordered(_ arguments: [UPnPArgument]) throws(UPnPUsageError) -> [UPnPArgument] {
        var values: [String: String] = [:]
        for argument in arguments {
            guard inputs.contains(where: { $0.name == argument.name }) else {
                throw .unknownArgument(argument.name, arguments: inputs.map(\.name))
            }
            guard values.updateValue(argument.value, forKey: argument.name) == nil else {
                throw .repeatedArgument(argument.name)
            }
        }
        var ordered: [UPnPArgument] = []
        for input in inputs {
            guard let value = values[input.name] else { throw .missingArgument(input.name) }
            ordered.append(UPnPArgument(input.name, try input.checked(value)))
        }
        return ordered
    }
}

extension UPnPAction.Argument {
    /// `value` as it is sent.
    fileprivate func checked(_ value: String) throws(UPnPUsageError) -> String {
        let argument = UPnPArgument(name, value)
        if let range = integerRange {
            guard let number = Int64(value), range.contains(number) else {
                throw .number(argument, range: range)
            }
            return value
        }
        if type == "boolean" {
            guard let flag = Bool(upnp: value) else {
                throw .value(argument, allowed: ["0", "1"])
            }
            return flag ? "1" : "0"
        }
        guard allowedValues.isEmpty || allowedValues.contains(value) else {
            throw .value(argument, allowed: allowedValues)
        }
        return value
    }

    /// The integers that the type has, narrowed by the range; `nil` for a type that is none.
    private var integerRange: ClosedRange<Int64>? {
        let whole: ClosedRange<Int64>
        switch type {
        case "ui1": whole = 0...Int64(UInt8.max)
        case "ui2": whole = 0...Int64(UInt16.max)
        case "ui4": whole = 0...Int64(UInt32.max)
        case "i1": whole = Int64(Int8.min)...Int64(Int8.max)
        case "i2": whole = Int64(Int16.min)...Int64(Int16.max)
        case "i4": whole = Int64(Int32.min)...Int64(Int32.max)
        case "int", "i8": whole = .min ... .max
        default: return nil
        }
        let lower = max(whole.lowerBound, minimum.flatMap { Int64($0) } ?? whole.lowerBound)
        let upper = min(whole.upperBound, maximum.flatMap { Int64($0) } ?? whole.upperBound)
        // A range that is none says nothing.
        return lower <= upper ? lower...upper : whole
    }
}

extension Bool {
    /// Reads UPnP's forms of a boolean: 0, 1, true, false, yes, no, in any case.
    init?(upnp text: String) {
        switch text.lowercased() {
        case "1", "true", "yes": self = true
        case "0", "false", "no": self = false
        default: return nil
        }
    }
}
