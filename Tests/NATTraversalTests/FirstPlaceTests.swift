import NATTraversalSupport
import Testing

@Suite("The first place of a piece") struct FirstPlaceTests {
    @Test(
        "is where the standard library finds it",
        arguments: [
            "", "b", "abc", "c", "cab", "abcabc", "aab", "ba", "d", "abcabcabcd", "ábc", "e\u{301}",
        ])
    func places(piece: String) {
        for text in ["", "abcabcabc", "aaab", "é", "abc\r\nabc"] {
            #expect(text.firstPlace(of: piece) == text.firstRange(of: piece), "\(text)")
            let (bytes, part) = (Array(text.utf8)[...].dropFirst(), Array(piece.utf8))
            #expect(bytes.firstPlace(of: part) == bytes.firstRange(of: part), "\(text)")
        }
    }
}
