import ArgumentParser
import Glibc
import NATTraversal

/// When text is coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    case auto
    case always
    case never

    // Told here, because ArgumentParser finds them out by casts that take a while.
    static var allValueStrings: [String] { allCases.map(\.rawValue) }
    static var allValueDescriptions: [String: String] { [:] }

    /// What the command line says; `never` where the text is for programs.
    private static let chosen = Locked(ColorChoice.auto)

    /// Colours text from now on as these options say.
    static func setUp(_ choice: ColorChoice, format: OutputFormat) {
        chosen.withLock { $0 = format == .text ? choice : .never }
    }

    fileprivate static func isUsed(onTerminal isTerminal: Bool) -> Bool {
        switch chosen.current {
        case .auto: isTerminal && !isPlainTerminal
        case .always: true
        case .never: false
        }
    }
}

/// Whether the user wants a terminal to be used like a printer.
var isPlainTerminal: Bool {
    environment("NO_COLOR") != nil || environment("TERM") == "dumb"
}

extension StandardStream {
    /// How text on it is laid out now: the width of a terminal may change.
    var page: Page {
        let isTerminal = isTerminal
        var page = Page(hasColor: ColorChoice.isUsed(onTerminal: isTerminal))
        guard isTerminal else { return page }
        var size = winsize()
        let isKnown = unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        page.columns = isKnown ? max(20, Int(size.ws_col)) : 80
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first ?? ""
        page.isUTF8 =
            locale.uppercased().hasSuffix("UTF-8") || locale.uppercased().hasSuffix("UTF8")
        return page
    }
}
