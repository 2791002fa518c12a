/// Rows of words as lines with aligned columns, two blanks between them.
func aligned(_ rows: [[String]]) -> [String] {
    let width = rows.map(\.count).max() ?? 0
    let widths = (0..<width).map { column in
        rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
        var line = ""
        var end = 0
        // An empty or missing last word leaves no blanks at the end of the line.
        for (word, width) in zip(row, widths) {
            if !word.isEmpty {
                line += String(repeating: " ", count: end - line.count) + word
            }
            end += width + 2
        }
        return line
    }
}
