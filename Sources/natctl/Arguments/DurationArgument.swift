import ArgumentParser

/// A DURATION of the command line: `90`, `90s`, `15m`, `2h`, `7d` or `1h30m`, from 1 s to 365 d.
struct DurationArgument: ExpressibleByArgument {
    private static let units: [(name: Character, seconds: Int64)] = [
        ("d", 86400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        // A number alone is one of seconds.
        var rest = Self.areDigits(argument[...]) ? "\(argument)s" : argument[...]
        var seconds: Int64 = 0
        // The units come in this order, each at most once.
        for unit in Self.units {
            guard let end = rest.firstIndex(of: unit.name) else { continue }
            let digits = rest[..<end]
            // Eight digits hold a year in seconds, so that nothing can overflow.
            guard (1...8).contains(digits.utf8.count),
                Self.areDigits(digits), let number = Int64(digits)
            else { return nil }
            seconds += number * unit.seconds
            rest = rest[rest.index(after: end)...]
        }
        guard rest.isEmpty, (1...365 * 86400).contains(seconds) else { return nil }
        duration = .seconds(seconds)
    }

    private static func areDigits(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    var defaultValueDescription: String { durationText(duration) }
}
