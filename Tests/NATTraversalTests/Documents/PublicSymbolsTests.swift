import Foundation
import TestSupport
import Testing

@Suite("The public symbols") struct PublicSymbolsTests {
    /// With this variable the test writes the list anew.
    private static let renewal = "NATCTL_RENEW_PUBLIC_SYMBOLS"
    private static let list = "Tests/NATTraversalTests/Fixtures/public-symbols.txt"

    @Test("are those of the list, so that no change of them goes unseen")
    func areListed() throws {
        let lines = try PublicSymbols(ofModules: ["NATTraversal", "NATTraversalNIO"]).lines
        if ProcessInfo.processInfo.environment[Self.renewal] != nil {
            let url = ProjectFiles.root.appendingPathComponent(Self.list)
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
        }
        let listed = try ProjectFiles.text(Self.list).split(separator: "\n").map(String.init)
        let changes = lines.difference(from: listed).map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line)"
            case .remove(_, let line, _): "- \(line)"
            }
        }
        #expect(
            changes.isEmpty,
            """
            The public face has changed:
            \(changes.joined(separator: "\n"))
            If that is meant, say so in the changelog and run this test with \(Self.renewal)=1, \
            which writes \(Self.list) anew.
            """)
    }

    @Test(
        "are read from the sources",
        arguments: [
            (
                "struct A { public var a = 1 }\npublic struct B: C {}",
                ["M.A var a", "M struct B: C"]
            ),
            (
                "@x\npublic enum E {\n    case a(B)\n    /// {\n    case b\n    func f() {}\n}",
                ["M @x enum E", "M.E case a(B)", "M.E case b"]
            ),
            ("enum E {\n    case a\n    static let b = [.public, c]\n}", []),
            (
                "extension A {\n    public func f(\n        _ a: B = \"{\", c: () -> D = { e }\n"
                    + "    ) async throws -> F\n    where G: H {\n        public var no\n    }\n}",
                ["M.A func f(_ a: B = \"{\", c: () -> D = { e }) async throws -> F where G: H"]
            ),
            (
                "public struct A {}\nextension A: B {}\nextension C: B {}",
                ["M extension A: B", "M struct A"]
            ),
            (
                "public struct A: B,\n    C\n{\n    public let a: D\n    public var b: E { \"}\" }\n"
                    + "    package var c: F\n    public private(set) var d: G = \"\\(h(\"{\"))\"\n}",
                [
                    "M struct A: B, C", "M.A let a: D", "M.A var d: G { get }",
                    "M.A var b: E { get }",
                ]
            ),
        ] as [(String, [String])])
    func areRead(source: String, lines: [String]) {
        #expect(PublicSymbols([source], module: "M").lines == lines.sorted())
    }
}
