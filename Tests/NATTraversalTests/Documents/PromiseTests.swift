import Foundation
import TestSupport
import Testing

/// One line of `Tests/promises.txt`.
private struct Promise {
    static let file = "Tests/promises.txt"

    var number: CatalogueNumber
    /// `SUITE.FUNCTION`; `nil` where there is none.
    var test: String?
    /// Why there is none.
    var reason: String?
    /// What was done to the sources when the test was seen to fail.
    var breach: String?

    /// All lines; one that is none of it is a failure.
    static func all() throws -> [Promise] {
        try ProjectFiles.text(file).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            try #require(Promise(line: String($0)), "\($0)")
        }
    }

    private init?(line: String) {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2, citations(in: words[0]).count == 1,
            let number = citations(in: words[0]).first
        else { return nil }
        self.number = number
        let rest = words.count > 2 ? words[2] : nil
        switch (words[1], rest) {
        case ("none:", let rest?): reason = rest
        case (let test, let rest?) where rest.hasPrefix("red: "):
            self.test = test
            breach = String(rest.dropFirst(5))
        case (let test, nil): self.test = test
        default: return nil
        }
    }
}

@Suite("The table of promises") struct PromiseTests {
    @Test("has every number of the articles, in their order, and no other")
    func isWhole() throws {
        let numbers = try Catalogue.allCases.flatMap { try $0.entries().map(\.number) }
        var found: [CatalogueNumber] = []
        for promise in try Promise.all() where found.last != promise.number {
            found.append(promise.number)
        }
        #expect(found == numbers)
    }

    @Test("names tests that there are")
    func testsExist() throws {
        let declared = Self.tests(in: try ProjectTexts(["Tests"]).texts)
        #expect(declared.count > 900)
        for promise in try Promise.all() {
            guard let test = promise.test else { continue }
            #expect(declared.contains(test), "\(promise.number)")
        }
    }

    @Test("says why there is no test, and what was done to see one fail")
    func isExplained() throws {
        for promise in try Promise.all() {
            #expect(promise.test != nil || (promise.reason?.count ?? 0) > 20, "\(promise.number)")
            #expect(promise.breach.map { $0.count > 20 } ?? true, "\(promise.number)")
        }
    }

    /// `SUITE.FUNCTION` of every test in these sources: a function after `@Test`, in the type that
    /// begins a line above it.
    private static func tests(in texts: [String: String]) -> Set<String> {
        var tests: Set<String> = []
        for text in texts.values {
            var suite = ""
            var isTest = false
            for line in text.split(separator: "\n") {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") }
                func name(after keyword: Substring) -> Substring? {
                    words.firstIndex(of: keyword).flatMap { words.dropFirst($0 + 1).first }
                }
                if line.first != " ", let name = name(after: "struct") ?? name(after: "extension") {
                    suite = String(name)
                }
                if words.first == "@Test" { isTest = true }
                if isTest, let function = name(after: "func") {
                    tests.insert("\(suite).\(function)")
                    isTest = false
                }
            }
        }
        return tests
    }
}
