import Foundation
import Testing

@testable import NATTraversal

@Suite("Timestamp") struct TimestampTests {
    @Test(
        "is written and read as RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_373_700, "2026-11-22T18:55:00Z"), (-1, "1969-12-31T23:59:59Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        ])
    func both(seconds: Int64, text: String) {
        #expect(Timestamp(secondsSince1970: seconds).description == text)
        #expect(Timestamp(text)?.secondsSince1970 == seconds)
    }

    @Test("agrees with Foundation about every day of four hundred years")
    func agrees() {
        for day in stride(from: Int64(0), to: 146_097, by: 1) {
            let seconds = day * 86400 + day % 86400
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(Timestamp(secondsSince1970: seconds).description == date.formatted(.iso8601))
        }
    }

    @Test(
        "refuses what is no instant",
        arguments: [
            "", "2026-11-31T18:55:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-11-22T24:00:00Z", "2026-11-22T18:60:00Z", "2026-11-22T18:55:00",
            "2026-11-22 18:55:00Z", "2026-11-22T18:55:00+1", "+026-11-22T18:55:00Z",
            "9999999999999999999Z", "2026-00-22T18:55:00Z", "2026-11-00T18:55:00Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
