import Foundation
import TestSupport

/// The articles whose numbered entries comments and tests cite.
enum Catalogue: String, CaseIterable {
    case quirks = "RouterQuirks.md"
    case threats = "Threats.md"

    /// The folder of the documentation, from the project's root.
    static let folder = "Sources/NATTraversal/NATTraversal.docc"
    /// How an entry begins the sentence that says why nothing cites it.
    static let uncited = "Nothing cites this number: "

    /// The letters before the numbers of this article.
    var series: String { self == .quirks ? "SDHANX" : "T" }

    /// How each paragraph of an entry begins.
    var labels: [String] {
        ["**\(self == .quirks ? "Seen" : "Attack"):** ", "**natctl:** ", "**Where:** "]
    }

    /// The whole text.
    func text() throws -> String { try ProjectFiles.text("\(Self.folder)/\(rawValue)") }

    /// The entries in the order of the article.
    func entries() throws -> [CatalogueEntry] { CatalogueEntry.all(in: try text()) }
}

/// The number of an entry: a letter for the series, and its place there.
struct CatalogueNumber: Hashable, CustomStringConvertible {
    var series: Character
    var place: Int

    var description: String { "\(series)-\(place)" }
}

/// One entry of an article.
struct CatalogueEntry {
    let number: CatalogueNumber
    /// What stands below its heading, parted at empty lines, each on one line.
    let paragraphs: [String]

    /// The sentences that say why nothing cites it.
    var excuses: [String] { paragraphs.filter { $0.hasPrefix(Catalogue.uncited) } }

    /// The text behind a label; `nil` where there is no such paragraph.
    func paragraph(_ label: String) -> String? {
        paragraphs.first { $0.hasPrefix(label) }.map { String($0.dropFirst(label.count)) }
    }

    /// The entries below the headings of the third level that begin with a number.
    static func all(in text: String) -> [CatalogueEntry] {
        ("\n" + text).components(separatedBy: "\n### ").dropFirst().compactMap { section in
            let body = section.components(separatedBy: "\n## ")[0]
            let parts = body.components(separatedBy: "\n\n")
            let title = parts[0].split(separator: " ")
            guard title.count > 1, let number = citations(in: String(title[0])).first else {
                return nil
            }
            return CatalogueEntry(
                number: number,
                paragraphs: parts.dropFirst().map {
                    $0.split(separator: "\n").joined(separator: " ")
                })
        }
    }
}

/// The numbers that a text cites, with all between the ends of a range, written with "to".
///
/// Bytes and no regular expression, which would take a minute for the whole project.
func citations(in text: String) -> [CatalogueNumber] {
    let bytes = Array(text.utf8)
    let series = Set("SDHANXT".utf8)
    let between = Array(" to ".utf8)
    var found: [CatalogueNumber] = []
    var lastEnd = 0
    for index in bytes.indices where series.contains(bytes[index]) {
        let isInside = index > 0 && (bytes[index - 1].isWord || bytes[index - 1] == 0x2D)
        guard !isInside, index + 2 < bytes.count, bytes[index + 1] == 0x2D else { continue }
        let digits = bytes[(index + 2)...].prefix { (0x30...0x39).contains($0) }
        guard let place = Int(String(decoding: digits, as: UTF8.self)),
            digits.endIndex == bytes.count || !bytes[digits.endIndex].isWord
        else { continue }
        let number = CatalogueNumber(
            series: Character(UnicodeScalar(bytes[index])), place: place)
        if let last = found.last, last.series == number.series, last.place < place,
            Array(bytes[lastEnd..<index]) == between
        {
            found += ((last.place + 1)..<place).map {
                CatalogueNumber(series: number.series, place: $0)
            }
        }
        found.append(number)
        lastEnd = digits.endIndex
    }
    return found
}

extension UInt8 {
    /// Whether it is an ASCII letter, digit or underscore.
    fileprivate var isWord: Bool {
        (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) || self == 0x5F
    }
}
