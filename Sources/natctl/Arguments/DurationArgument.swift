import ArgumentParser

/// A DURATION of the command line: `90`, `90s`, `15m`, `2h` or `7d`, from 1 s to 365 d.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        var digits = argument[...]
        let factor: Int64
        switch argument.last {
        case "s": factor = 1
        case "m": factor = 60
        case "h": factor = 3600
        case "d": factor = 86400
        default:
            factor = 1
            digits += "s"
        }
        digits = digits.dropLast()
        // Eight digits hold a year in seconds, so that the product cannot overflow.
        guard (1...8).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(digits), (1...365 * 86400).contains(number * factor)
        else { return nil }
        duration = .seconds(number * factor)
    }

    var defaultValueDescription: String { durationText(duration) }
}
