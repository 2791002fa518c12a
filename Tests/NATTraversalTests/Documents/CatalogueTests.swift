import Foundation
import TestSupport
import Testing

@testable import NATTraversal

@Suite("The catalogues of quirks and threats") struct CatalogueTests {
    /// Where numbers are cited; the tests of the articles themselves are none of it.
    private func citing() throws -> ProjectTexts {
        try ProjectTexts(["Sources", "Tests", "Man", "Makefile", "Scripts"])
    }

    private static func isArticle(_ path: String) -> Bool {
        path.hasPrefix(Catalogue.folder) || path.hasPrefix("Tests/NATTraversalTests/Documents/")
            || path == "Tests/promises.txt"
    }

    @Test(
        "a citation is a letter and a number, and a range is all of its numbers",
        arguments: [
            ("S-1", ["S-1"]), ("(D-3, H-12)", ["D-3", "H-12"]),
            ("A-3 to A-6", ["A-3", "A-4", "A-5", "A-6"]),
            ("A-3 to D-6", ["A-3", "D-6"]), ("N-21; RFC 6887", ["N-21"]), ("UTF-8 MiB-1 2A-1", []),
            ("X-A-1", []), ("T-1a", []), ("T-", []), ("S-x", []), ("N-5", ["N-5"]),
        ])
    func readsCitations(text: String, numbers: [String]) {
        #expect(citations(in: text).map(\.description) == numbers)
    }

    @Test(
        "number their entries from 1 on, each once and without a gap", arguments: Catalogue.allCases
    )
    func numbersAreStable(article: Catalogue) throws {
        let numbers = try article.entries().map(\.number)
        for series in article.series {
            let places = numbers.filter { $0.series == series }.map(\.place)
            #expect(!places.isEmpty, "\(series)")
            #expect(places == Array(1..<(places.count + 1)), "\(series)")
        }
        #expect(Set(numbers.map(\.series)) == Set(article.series))
    }

    @Test("have the same parts in every entry", arguments: Catalogue.allCases)
    func entriesHaveTheirParts(article: Catalogue) throws {
        for entry in try article.entries() {
            let parts = entry.paragraphs.filter { !$0.hasPrefix(Catalogue.uncited) && !$0.isEmpty }
            #expect(parts.count == article.labels.count, "\(entry.number)")
            for (part, label) in zip(parts, article.labels) {
                #expect(part.hasPrefix(label), "\(entry.number)")
            }
        }
    }

    @Test("say of every quirk how good the evidence is")
    func quirksHaveEvidence() throws {
        let marks = ["report", "code", "fixture", "measured", "lore"]
        for entry in try Catalogue.quirks.entries() {
            let seen = try #require(entry.paragraph("**Seen:** "))
            let found = seen.matches(of: /\[([a-z, ]+)\]/).flatMap {
                $0.1.components(separatedBy: ", ")
            }
            #expect(!found.isEmpty && Set(found).isSubset(of: marks), "\(entry.number): \(found)")
        }
    }

    @Test("have an entry for every number that is cited")
    func everyCitationHasItsEntry() throws {
        let known = Set(try Catalogue.allCases.flatMap { try $0.entries() }.map(\.number))
        for (path, text) in try citing().filtered({
            !$0.hasPrefix("Tests/NATTraversalTests/Documents/")
        }) {
            let missing = Set(citations(in: text)).subtracting(known)
            #expect(missing.isEmpty, "\(path)")
        }
    }

    @Test("are cited, or say why an entry is not", arguments: Catalogue.allCases)
    func everyEntryIsCited(article: Catalogue) throws {
        let texts = try citing().filtered {
            ($0.hasPrefix("Sources/") || $0.hasPrefix("Tests/")) && !Self.isArticle($0)
        }
        let cited = Set(texts.values.flatMap(citations(in:)))
        for entry in try article.entries() {
            if cited.contains(entry.number) {
                #expect(
                    entry.excuses.isEmpty,
                    "\(entry.number) is cited now, so its last sentence is not true any more")
            } else {
                #expect(entry.excuses.count == 1, "\(entry.number)")
                let reason = entry.excuses.first?.dropFirst(Catalogue.uncited.count) ?? ""
                #expect(reason.hasSuffix(".") && reason.count > 10, "\(entry.number)")
            }
        }
    }

    @Test("name types and files that the sources have", arguments: Catalogue.allCases)
    func whereNamesExist(article: Catalogue) throws {
        let declarations = Declarations(try ProjectTexts(["Sources"]).texts)
        for entry in try article.entries() {
            let names = try #require(entry.paragraph("**Where:** ")).quotedCode
            #expect(!names.isEmpty, "\(entry.number)")
            for name in names {
                // Outside of the expectation, which would print all declarations.
                let isThere = declarations.haveTypeOrFile(name)
                #expect(isThere, "\(entry.number): \(name)")
            }
        }
    }

    /// The rows of the table of limits, by their constants.
    private func limits() throws -> [String: String] {
        let rows = try Catalogue.threats.text().split(separator: "\n").filter { $0.hasPrefix("| ") }
            .map { row in
                row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
        return Dictionary(
            rows.filter { $0.count > 2 && $0[2].hasPrefix("`") }.map {
                ($0[2].filter { $0 != "`" }, $0[1])
            }
        ) { _, _ in "two rows" }
    }

    @Test("name constants that the sources have for every limit")
    func limitsHaveConstants() throws {
        let declarations = Declarations(try ProjectTexts(["Sources"]).texts)
        let limits = try limits()
        #expect(limits.count > 30)
        for name in limits.keys {
            let isThere = declarations.haveConstant(name)
            #expect(isThere, "\(name)")
        }
    }

    @Test(
        "state the limits as they are",
        arguments: [
            ("SSDPLimits.gateway.locationsPerInterface", SSDPLimits.gateway.locationsPerInterface),
            ("SSDPLimits.scan.locationsPerInterface", SSDPLimits.scan.locationsPerInterface),
            ("SSDPLimits.gateway.locationsPerSource", SSDPLimits.gateway.locationsPerSource),
            ("SSDPLimits.scan.locationsPerSource", SSDPLimits.scan.locationsPerSource),
            ("SSDPLimits.gateway.replies", SSDPLimits.gateway.replies),
            ("SSDPLimits.scan.replies", SSDPLimits.scan.replies),
            ("SSDPLimits.gateway.descriptions", SSDPLimits.gateway.descriptions),
            ("SSDPLimits.scan.descriptions", SSDPLimits.scan.descriptions),
            ("SSDPLimits.gateway.simultaneousFetches", SSDPLimits.gateway.simultaneousFetches),
            ("SSDPLimits.scan.simultaneousFetches", SSDPLimits.scan.simultaneousFetches),
            ("SSDPAliveRecord.devicesPerSource", SSDPAliveRecord.devicesPerSource),
            ("HTTPResponseReader.lineLimit", HTTPResponseReader.lineLimit),
            ("XMLLimits.depth", XMLLimits.description.depth),
            ("XMLLimits.elements", XMLLimits.description.elements),
            ("XMLLimits.attributes", XMLLimits.description.attributes),
            ("DeviceDescription.serviceLimit", DeviceDescription.serviceLimit),
            ("IGDConnection.changeLimit", IGDConnection.changeLimit),
            ("IGDConnection.entryLimit", IGDConnection.entryLimit),
            ("GatewayReaction.portLimit", GatewayReaction.portLimit),
            ("PCPClient.window", PCPClient.window),
        ])
    func countsAreTrue(constant: String, count: Int) throws {
        #expect(try limits()[constant] == String(count))
    }

    @Test(
        "state the sizes as they are",
        arguments: [
            ("HTTPResponseReader.headLimit", HTTPResponseReader.headLimit),
            ("XMLLimits.description.bytes", XMLLimits.description.bytes),
            ("XMLLimits.action.bytes", XMLLimits.action.bytes),
            ("XMLLimits.portListing.bytes", XMLLimits.portListing.bytes),
            ("XMLLimits.textBytes", XMLLimits.description.textBytes),
            ("PCPLimits.datagram", PCPLimits.datagram),
            ("PCPOption.descriptionLimit", PCPOption.descriptionLimit),
            ("LeaseFile.sizeLimit", LeaseFile.sizeLimit),
        ])
    func sizesAreTrue(constant: String, bytes: Int) throws {
        let size =
            if bytes.isMultiple(of: 1 << 20) {
                "\(bytes >> 20) MiB"
            } else {
                bytes.isMultiple(of: 1 << 10) ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
            }
        #expect(try limits()[constant] == size)
    }

    @Test(
        "state the times as they are",
        arguments: [
            ("Duration.upnpRequest", Duration.upnpRequest),
            ("AskLimit.closedBelief", AskLimit.closedBelief),
            ("TechniqueLadder.refusalLimit", TechniqueLadder.refusalLimit),
            ("LeaseFile.lockWait", LeaseFile(folder: nil).lockWait),
            ("LeaseFile.lockLimit", LeaseFile(folder: nil).lockLimit),
            ("HintQuestion.interval", HintQuestion.interval),
            ("HintQuestion.longestDelay", HintQuestion.longestDelay),
            ("HoldPlan.roundInterval", HoldPlan.roundInterval),
            ("RenewalSchedule.shortestGap", RenewalSchedule.shortestGap),
        ])
    func timesAreTrue(constant: String, time: Duration) throws {
        // Some say how often, others from when to when.
        let words = try #require(try limits()[constant]).split(separator: " ")
        #expect(words.suffix(2) == ["\(time.wholeSeconds)", "s"])
    }

    @Test("are what comments cite, and no document that stands beside the project")
    func citesNothingOutside() throws {
        let names = ["cli", "design", "quirks", "threats", "style", "swift-notes"].map {
            $0 + ".md"
        }
        let outside = names + ["specs" + "/"]
        let places = [
            "Sources", "Tests", "Man", "Scripts", "Makefile", "Examples/Sources",
            "Examples/Package.swift", "Packaging", "Schema", "Package.swift", "README.md",
            "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
        ]
        for (path, text) in try ProjectTexts(places).texts {
            for line in text.split(separator: "\n") {
                let cited = outside.filter { name in
                    line.ranges(of: name).contains { range in
                        // The end of another name is none of them.
                        range.lowerBound == line.startIndex
                            || !line[line.index(before: range.lowerBound)].isLetter
                    }
                }
                #expect(cited.isEmpty, "\(path): \(line)")
            }
        }
    }
}
