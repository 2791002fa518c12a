extension Collection where Element: Equatable {
    /// Where `part` stands in this for the first time.
    ///
    /// Not `firstRange(of:)`, `contains` and `replacing`, which come with the standard library's
    /// regular expressions: two megabytes of the program, and an eighth of the records that the
    /// runtime walks through at each start to find out what conforms to what.
    package func firstPlace(of part: some Collection<Element>) -> Range<Index>? {
        var rest = self[...]
        while !rest.starts(with: part) {
            guard !rest.isEmpty else { return nil }
            rest = rest.dropFirst()
        }
        return rest.startIndex..<rest.index(rest.startIndex, offsetBy: part.count)
    }
}
