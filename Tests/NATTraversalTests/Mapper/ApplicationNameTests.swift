import Testing

@testable import NATTraversal

@Suite("An application's name") struct ApplicationNameTests {
    @Test(
        "is letters and digits, with blanks, hyphens, dots and underscores between them",
        arguments: [
            "natctl", "a", "7", "My game 2", "my-app_1.0", String(repeating: "x", count: 32),
        ])
    func isTaken(text: String) {
        #expect(ApplicationName(text)?.description == text)
    }

    @Test(
        "is refused where it could leave the folder or is more than gateways take",
        arguments: [
            "", " ", ".", "..", "../natctl", "a/b", "/a", "a\\b", ".hidden", "a.", "-a", "a ",
            "a\n",
            "a\tb", "a\0b", "a\u{7F}", "é", "naïve", "a%b", "a\"b",
            String(repeating: "x", count: 33),
        ])
    func isRefused(text: String) {
        #expect(ApplicationName(text) == nil)
    }

    @Test(
        "describes mappings by letters, digits and blanks, in 32 bytes (A-14)",
        arguments: [
            ("natctl", "natctl", "natctl tcp 65535"),
            ("my-app_1.0", "my app 1 0", "my app 1 0 tcp 65535"),
            (
                "abcdefghijklmnopqrstuvwxyz012345", "abcdefghijklmnopqrstuvwxyz012345",
                "abcdefghijklmnopqrstuv tcp 65535"
            ),
            (
                "abcdefghijklmnopqrstu-wxyz", "abcdefghijklmnopqrstu wxyz",
                "abcdefghijklmnopqrstu tcp 65535"
            ),
        ])
    func describes(text: String, plain: String, full: String) throws {
        let name = try #require(ApplicationName(text))
        #expect(name.plainDescription == plain)
        #expect(name.mappingDescription(.tcp, 65535) == full)
        #expect(full.utf8.count <= 32)
    }
}
