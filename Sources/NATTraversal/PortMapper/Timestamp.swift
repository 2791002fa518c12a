import FoundationEssentials

/// An instant of the calendar, to the second, as leases and documents hold it.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let secondsSince1970: Int64

    /// The instant so many seconds after 1970 began in UTC.
    public init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    /// The present.
    public static var now: Timestamp {
        Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
    }

    /// Reads RFC 3339 in UTC, `2026-11-22T18:55:00Z`.
    init?(_ text: String) {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        secondsSince1970 = Int64(date.timeIntervalSince1970)
    }

    /// The instant so much later; a lifetime is 2^32 seconds at most, so it always fits.
    func advanced(bySeconds seconds: UInt32) -> Timestamp {
        Timestamp(secondsSince1970: secondsSince1970 + Int64(seconds))
    }

    /// Whether `first` is the earlier one.
    public static func < (first: Self, second: Self) -> Bool {
        first.secondsSince1970 < second.secondsSince1970
    }

    /// RFC 3339 in UTC.
    public var description: String {
        Date(timeIntervalSince1970: Double(secondsSince1970)).formatted(.iso8601)
    }
}
