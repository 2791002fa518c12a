/// The one candidate that a word is short for, a part of, or a slip of the keys away from.
func nearest(to word: String, among candidates: [String]) -> String? {
    let word = word.lowercased()
    let letters = word.drop { $0 == "-" }
    guard letters.count >= 2 else { return nil }
    let longer = candidates.filter { $0.hasPrefix(word) }
    if let only = longer.first, longer.count == 1 { return only }
    let having = candidates.filter { candidate in
        candidate.split(separator: "-").contains(letters) && letters.count >= 3
    }
    if let only = having.first, having.count == 1 { return only }
    let near = candidates.filter { slips(from: word, to: $0) <= max(1, letters.count / 4) }
    return near.min { slips(from: word, to: $0) < slips(from: word, to: $1) }
}

/// How many letters are missing, too many, wrong or swapped.
private func slips(from word: String, to other: String) -> Int {
    let (word, other) = (Array(word), Array(other))
    var rows = [Array(0...other.count)]
    for row in 1..<(word.count + 1) {
        rows.append([row])
        for column in 1..<(other.count + 1) {
            let isSame = word[row - 1] == other[column - 1]
            var least = min(
                rows[row - 1][column] + 1, rows[row][column - 1] + 1,
                rows[row - 1][column - 1] + (isSame ? 0 : 1))
            if row > 1, column > 1, word[row - 1] == other[column - 2],
                word[row - 2] == other[column - 1]
            {
                least = min(least, rows[row - 2][column - 2] + 1)
            }
            rows[row].append(least)
        }
    }
    return rows[word.count][other.count]
}
