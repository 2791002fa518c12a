/// Text from elsewhere on its way to a terminal: in quotes, without anything that controls one, and
/// at most 64 characters (threats.md T-6).
///
/// Controls, format characters (bidirectional and zero-width ones among them), line and paragraph
/// separators, unassigned and private characters become `\u{XX}`.
func displayed(_ text: String) -> String {
    let limit = 64
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else { return "\"\(shown)…\"" }
        count += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
            .surrogate:
            shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        default:
            shown.unicodeScalars.append(scalar)
        }
    }
    return "\"\(shown)\""
}
