/// Text from elsewhere on its way to a terminal: in quotes, without anything that controls one, and
/// at most 64 characters (T-6).
///
/// Controls, format characters (bidirectional and zero-width ones among them), line and paragraph
/// separators, unassigned and private characters become `\u{XX}`, and so do quotes and backslashes,
/// so that nothing looks like the end of the text.
func displayed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let start = scalars.prefix(64)
    let shown = start.map { scalar in
        scalar == "\"" || scalar == "\\" ? escaped(scalar) : harmless(scalar)
    }
    return "\"\(shown.joined())\(start.endIndex < scalars.endIndex ? "…" : "")\""
}

/// A line of ours in which foreign text may stand, without anything that controls a terminal.
func harmless(_ line: String) -> String { line.unicodeScalars.map(harmless).joined() }

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
    _ friendlyName: String?, manufacturer: String?, modelName: String?
) -> [String] {
    let name = [friendlyName, manufacturer].compactMap(\.self).first { !$0.isEmpty }
    return [name, modelName].compactMap(\.self).filter { !$0.isEmpty }.map(displayed)
}
