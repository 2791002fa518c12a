/// Text from elsewhere, or from the user, on its way to a terminal: in quotes, without anything that
/// controls one, and cut after `limit` characters (T-6).
///
/// Controls, format characters (bidirectional and zero-width ones among them), line and paragraph
/// separators, unassigned and private characters become `\u{XX}`, and so do quotes and backslashes,
/// so that nothing looks like the end of the text.
func displayed(_ text: String, limit: Int? = characterLimit) -> String {
    let scalars = text.unicodeScalars
    let start = scalars.prefix(limit ?? scalars.count)
    let shown = start.map { scalar in
        scalar == "\"" || scalar == "\\" ? escaped(scalar) : harmless(scalar)
    }
    return "\"\(shown.joined())\(start.endIndex < scalars.endIndex ? "…" : "")\""
}

/// How much of a text a person is shown at a terminal.
let characterLimit = 64

/// A name as it is when it is one, else in quotes (T-6).
func plain(_ name: String) -> String {
    let isName =
        (1...64).contains(name.utf8.count)
        && name.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || "_.:-".utf8.contains(byte)
        }
    return isName ? name : displayed(name)
}

/// A line of ours in which foreign text may stand, without anything that controls a terminal.
func harmless(_ line: String) -> String {
    // Nearly all lines, and scalar by scalar they would take long.
    if line.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return line }
    return line.unicodeScalars.map(harmless).joined()
}

private func harmless(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
        .surrogate:
        escaped(scalar)
    default: String(scalar)
    }
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
    "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
}

/// What a device calls itself, then its model; one without a name has its maker's (D-11).
func displayedNames(
    _ friendlyName: String?, manufacturer: String?, modelName: String?,
    limit: Int? = characterLimit
) -> [String] {
    let name = [friendlyName, manufacturer].compactMap(\.self).first { !$0.isEmpty }
    return [name, modelName].compactMap(\.self).filter { !$0.isEmpty }
        .map { displayed($0, limit: limit) }
}
