import Glibc

/// An instant of the calendar, to the second, as leases and documents hold it.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let secondsSince1970: Int64

    /// The instant this many seconds after 1970-01-01T00:00:00Z.
    public init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    /// The present.
    public static var now: Timestamp {
        Timestamp(secondsSince1970: Int64(time(nil)))
    }

    /// Reads RFC 3339 in UTC, `2026-11-22T18:55:00Z`.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 else { return nil }
        func number(_ places: Range<Int>) -> Int64 {
            bytes[places].reduce(0) { 10 * $0 + Int64($1) - 0x30 }
        }
        let day = CalendarDay(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        secondsSince1970 =
            day.daysSince1970 * 86400
            + number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        // What is no number, and an impossible date, such as the 31st of November, does not read
        // back the same.
        guard description == text else { return nil }
    }

    /// The instant this much later; a lifetime is at most 2^32 seconds, so it always fits.
    func advanced(bySeconds seconds: UInt32) -> Timestamp {
        Timestamp(secondsSince1970: secondsSince1970 + Int64(seconds))
    }

    /// Whether `first` is the earlier one.
    public static func < (first: Self, second: Self) -> Bool {
        first.secondsSince1970 < second.secondsSince1970
    }

    /// RFC 3339 in UTC.
    public var description: String {
        let second = (secondsSince1970 % 86400 + 86400) % 86400
        let day = CalendarDay(daysSince1970: (secondsSince1970 - second) / 86400)
        var text: [UInt8] = []
        text.reserveCapacity(20)
        text.append(day.year, width: 4, then: "-")
        text.append(day.month, width: 2, then: "-")
        text.append(day.day, width: 2, then: "T")
        text.append(second / 3600, width: 2, then: ":")
        text.append(second / 60 % 60, width: 2, then: ":")
        text.append(second % 60, width: 2, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }
}

/// A day of the Gregorian calendar.
///
/// Foundation would look up the local time zone for the first date in a process, which takes a
/// fourteenth of the instructions of a whole `natctl map`.
private struct CalendarDay {
    var year: Int64
    /// 1 to 12.
    var month: Int64
    /// 1 to 31.
    var day: Int64

    /// Days in four hundred years, after which the calendar repeats.
    private static let era: Int64 = 146_097
    /// Days from 0000-03-01 to 1970-01-01.
    private static let epoch: Int64 = 719_468

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The inverse of `daysSince1970`, from the year 0 on.
    init(daysSince1970: Int64) {
        // The year begins in March, so that the leap day is its last.
        let days = daysSince1970 + Self.epoch
        let (era, rest) = days.quotientAndRemainder(dividingBy: Self.era)
        let yearOfEra = (rest - rest / 1460 + rest / 36524 - rest / (Self.era - 1)) / 365
        let dayOfYear = rest - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = 400 * era + yearOfEra + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = year.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.era + dayOfEra - Self.epoch
    }
}

extension [UInt8] {
    /// Appends a number, with zeros in front up to a width, and what follows it.
    ///
    /// Lines of strings put together took half the time of reading and writing a long lease file.
    fileprivate mutating func append(_ number: Int64, width: Int, then end: Unicode.Scalar) {
        let digits = String(number).utf8
        append(contentsOf: repeatElement(0x30, count: Swift.max(0, width - digits.count)))
        append(contentsOf: digits)
        append(UInt8(ascii: end))
    }
}
