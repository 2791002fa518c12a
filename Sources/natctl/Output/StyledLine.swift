import NATTraversalSupport

/// What a piece of text means to a person; a terminal shows it by its colour.
enum Tone: String, Hashable, Sendable {
    case plain
    /// It works.
    case good
    case warning
    /// It failed.
    case bad
    /// Of less importance than the rest.
    case secondary
    case heading

    /// The parameter of SGR (ECMA-48, section 8.3.117) that begins it; `nil` for none.
    var code: Int? {
        switch self {
        case .plain: nil
        case .good: 32
        case .warning: 33
        case .bad: 31
        case .secondary: 2
        case .heading: 1
        }
    }
}

/// A line for people, in pieces that mean something.
struct StyledLine: Hashable, Sendable, ExpressibleByStringInterpolation {
    struct Piece: Hashable, Sendable {
        var text: String
        var tone: Tone
    }

    var pieces: [Piece]
    /// How many blanks its continuation begins with where it does not fit the terminal.
    var hang = 0

    init(_ text: String, _ tone: Tone = .plain, hang: Int = 0) {
        pieces = text.isEmpty ? [] : [Piece(text: text, tone: tone)]
        self.hang = hang
    }

    init(stringLiteral text: String) { self.init(text) }

    /// Its text alone.
    var text: String { pieces.map(\.text).joined() }
    var isEmpty: Bool { pieces.isEmpty }
    /// How many columns it takes.
    var width: Int { pieces.reduce(0) { $0 + $1.text.reduce(0) { $0 + $1.columns } } }

    static func + (first: StyledLine, second: StyledLine) -> StyledLine {
        var line = first
        line += second
        return line
    }

    static func += (line: inout StyledLine, other: StyledLine) {
        for piece in other.pieces {
            if line.pieces.last?.tone == piece.tone {
                line.pieces[line.pieces.count - 1].text += piece.text
            } else {
                line.pieces.append(piece)
            }
        }
    }

    /// The same with another indent of its continuation.
    func hanging(_ hang: Int) -> StyledLine {
        var line = self
        line.hang = hang
        return line
    }
}

extension [StyledLine] {
    /// One line of those that are not empty.
    func joined(separator: String) -> StyledLine {
        filter { !$0.isEmpty }.enumerated().reduce(into: StyledLine("")) { line, item in
            if item.offset > 0 { line += StyledLine(separator) }
            line += item.element
        }
    }
}

extension Character {
    /// How many columns a terminal gives it: two where East Asian Width calls it wide (UAX 11).
    fileprivate var columns: Int {
        guard !isASCII, let scalar = unicodeScalars.first else { return 1 }
        return switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}

/// Where text for people goes, as far as it matters to how it is laid out.
struct Page: Hashable, Sendable {
    /// The columns of a terminal; `nil` where a program reads, or a file keeps it: there lines are as
    /// long as what they say, whatever terminal is near.
    var columns: Int?
    var hasColor = false
    /// Whether lines may be drawn with more than ASCII.
    var isUTF8 = false

    var isTerminal: Bool { columns != nil }

    /// After how many characters a text from elsewhere is cut; `nil` for never.
    var characterLimit: Int? { columns.map { max(NATTraversalSupport.characterLimit, $0 - 16) } }

    /// The lines as they are written, one or more for each: what is too long continues at a word.
    func text(_ lines: [StyledLine]) -> String {
        lines.flatMap { wrapped($0) }.map(rendered).joined(separator: "\n")
    }

    private func rendered(_ line: StyledLine) -> String {
        line.pieces.map { piece in
            let text = harmless(piece.text)
            guard hasColor, let code = piece.tone.code else { return text }
            return "\u{1B}[\(code)m\(text)\u{1B}[0m"
        }.joined()
    }

    /// A continuation with less room than this begins at the left instead.
    private static let leastRoom = 20

    private func wrapped(_ line: StyledLine) -> [StyledLine] {
        guard let columns, line.width > columns else { return [line] }
        let hasRoom = columns - line.hang >= Self.leastRoom
        let hang = hasRoom ? line.hang : min(4, columns / 2)
        // What would begin there goes below as a whole.
        var mustBreak = !hasRoom
        var done: [StyledLine] = []
        var current = StyledLine("")
        // Blanks that are written when a word follows on the same line.
        var gap = StyledLine("")
        for word in line.words {
            if word.isBlank {
                gap += word
                continue
            }
            let start = current.width + gap.width
            let fits = start + word.width <= columns && !(mustBreak && start >= line.hang)
            if current.isEmpty || fits {
                current += gap + word
                gap = ""
            } else {
                mustBreak = false
                done.append(current)
                current = StyledLine(String(repeating: " ", count: hang)) + word
                gap = ""
            }
        }
        return done + [current]
    }
}

extension StyledLine {
    fileprivate var isBlank: Bool { pieces.allSatisfy { $0.text.allSatisfy { $0 == " " } } }

    /// Its words and the blanks between them; a word may have several tones.
    fileprivate var words: [StyledLine] {
        var words: [StyledLine] = []
        for piece in pieces {
            var rest = piece.text[...]
            while let first = rest.first {
                let isBlank = first == " "
                let run = rest.prefix { ($0 == " ") == isBlank }
                rest = rest.dropFirst(run.count)
                let word = StyledLine(String(run), piece.tone)
                if let last = words.last, !isBlank, !last.isBlank {
                    words[words.count - 1] += word
                } else {
                    words.append(word)
                }
            }
        }
        return words
    }
}

/// Rows of cells as lines with aligned columns, two blanks between them; what does not fit continues
/// below its last cell.
func aligned(_ rows: [[StyledLine]]) -> [StyledLine] {
    let width = rows.map(\.count).max() ?? 0
    let widths = (0..<width).map { column in
        rows.map { column < $0.count ? $0[column].width : 0 }.max() ?? 0
    }
    return rows.map { row in
        var line = StyledLine("")
        var end = 0
        // An empty or missing last cell leaves no blanks at the end of the line.
        for (cell, width) in zip(row, widths) {
            if !cell.isEmpty {
                line += StyledLine(String(repeating: " ", count: end - line.width)) + cell
                line.hang = end
            }
            end += width + 2
        }
        return line
    }
}
