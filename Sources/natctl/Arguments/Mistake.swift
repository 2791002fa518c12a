import ArgumentParser
import NATTraversal
import NATTraversalSupport

/// What is wrong with a command line that was not understood, and what was probably meant.
struct Mistake: Equatable {
    /// One line without a name or a full stop.
    var sentence: String
    /// The command whose usage helps, `nil` for that of natctl.
    var command: String?

    /// Finds the first mistake.
    ///
    /// - Parameters:
    ///   - arguments: the command line without `natctl`.
    ///   - natctl: the tree of commands.
    ///   - complaint: what the argument parser, or a command's `validate`, has to say; it is the
    ///     sentence where nothing better is known.
    init(in arguments: [String], of natctl: CommandHelp, complaint: String) {
        let first = arguments.first ?? ""
        let command = natctl.subcommands.first { $0.commandName == first }
        let found: Mistake? =
            if let command, first != "help" {
                Self.words(arguments, of: command, in: natctl).map { Mistake($0, first) }
            } else if first == "help" {
                Self.topic(of: arguments.dropFirst(), in: natctl)
            } else if first.hasPrefix("-") {
                Self.leadingOption(arguments, in: natctl)
            } else {
                Self.unknownCommand(first, [], Array(arguments.dropFirst()), in: natctl)
            }
        self = found ?? Mistake(Self.sentence(of: complaint), command.map(\.commandName))
    }

    init(_ sentence: String, _ command: String?) {
        self.sentence = sentence
        self.command = command == "help" ? nil : command
    }

    /// The sentence of the parser's complaint: our own where an argument's type has thrown one.
    private static func sentence(of complaint: String) -> String {
        guard complaint.hasPrefix("The value '"), let end = complaint.firstPlace(of: ">': ") else {
            return complaint
        }
        return String(complaint[end.upperBound...])
    }

    // MARK: - The command

    private static func unknownCommand(
        _ word: String, _ before: [String], _ after: [String], in natctl: CommandHelp
    ) -> Mistake {
        let commands = natctl.subcommands.map(\.commandName)
        if before.isEmpty, isPort(word) || TransportArgument(argument: word) != nil {
            let transport = isPort(word) && !word.contains("/") ? ["tcp"] : []
            return Mistake(
                "a command goes before the ports" + meant(["map"] + transport + [word] + after),
                "map")
        }
        let guess = nearest(to: word, among: commands)
        return Mistake(
            "there is no command \(plain(word))"
                + (guess.map { meant(before + [$0] + after) } ?? ""),
            guess)
    }

    /// A topic of `help` that does not exist.
    private static func topic(
        of words: ArraySlice<String>, in natctl: CommandHelp
    ) -> Mistake? {
        let commands = natctl.subcommands.map(\.commandName)
        if let option = words.first(where: { $0.hasPrefix("-") }) {
            return Mistake("help has no option \(plain(option))", nil)
        }
        return words.first { !commands.contains($0) }
            .map { unknownCommand($0, ["help"], [], in: natctl) }
    }

    /// An option in front of the command.
    private static func leadingOption(_ arguments: [String], in natctl: CommandHelp) -> Mistake? {
        let name = optionName(arguments[0])
        if name == "--generate-completion-script" {
            return Mistake("\(name) takes bash, zsh or fish", nil)
        }
        guard natctl.option(name) == nil else { return nil }
        let commands = natctl.subcommands.filter { $0.commandName != "help" }
        guard let having = commands.first(where: { $0.option(name) != nil }) else {
            return Mistake(
                "there is no option \(plain(name))"
                    + (nearest(to: name, among: natctl.options).map { meant([$0]) } ?? ""), nil)
        }
        // An option that several commands have may belong to the one that follows.
        let named = commands.first { arguments.contains($0.commandName) } ?? having
        return Mistake("\(name) goes after the command", named.commandName)
    }

    // MARK: - Its words

    /// The first mistake in the words of a command.
    private static func words(
        _ arguments: [String], of command: CommandHelp, in natctl: CommandHelp
    ) -> String? {
        var positionals: [String] = []
        /// Where the first of them is.
        var place: Int?
        var index = 1
        let takesPorts = ["map", "unmap"].contains(command.commandName)
        while index < arguments.count, arguments[index] != "--" {
            let word = arguments[index]
            index += 1
            guard word.hasPrefix("-"), word != "-" else {
                if positionals.isEmpty, word == "help" {
                    return "use --help for help" + meant([arguments[0], "--help"])
                }
                if takesPorts, !isPort(word), TransportArgument(argument: word) == nil {
                    let followsPort = positionals.contains(where: isPort)
                    return strangeWord(word, at: index - 1, in: arguments, followsPort)
                }
                if positionals.isEmpty { place = index - 1 }
                positionals.append(word)
                continue
            }
            let name = optionName(word)
            // A number is no option to whoever types it, unless it is -6.
            if takesPorts, word.dropFirst().first?.isNumber == true, command.option(name) == nil {
                return ValidationError.noSuchPort(word).message
            }
            guard let option = command.option(name) else {
                if areFlags(word, of: command) { continue }
                return unknownOption(name, of: command, in: natctl)
            }
            let inlineValue = word.count > name.count ? String(word.dropFirst(name.count + 1)) : nil
            guard option.kind == .option else {
                if inlineValue != nil { return "\(name) takes no value" }
                continue
            }
            let value = inlineValue ?? (index < arguments.count ? arguments[index] : "-")
            if inlineValue == nil {
                // A hyphen alone is a value, which the command refuses or not.
                if value.hasPrefix("-"), value != "-" || index >= arguments.count {
                    return "\(name) needs <\(option.valueName ?? "value")>"
                }
                index += 1
            }
            if value.isEmpty {
                return ValidationError.emptyValue(name, option.valueName).message
            }
            if let problem = problem(of: value, for: option, named: name) { return problem }
        }
        if takesPorts {
            // What --all takes has a sentence of its own.
            guard let place, isPort(arguments[place]), !arguments[place].contains("/"),
                !arguments.contains("--all")
            else { return nil }
            let line = arguments[..<place] + ["tcp"] + arguments[place...]
            return "\(plain(arguments[place])) has no transport" + meant(Array(line))
        }
        return number(of: positionals, of: command)
    }

    /// A word that is neither a port nor a transport: a slip, or behind a port a COMMAND.
    private static func strangeWord(
        _ word: String, at index: Int, in arguments: [String], _ followsPort: Bool
    ) -> String? {
        if let transport = nearest(to: word, among: TransportArgument.allValueStrings) {
            var line = arguments
            line[index] = transport
            return "\(plain(word)) is not a transport" + meant(line)
        }
        // What begins like a port has a sentence of its own.
        guard followsPort, arguments[0] == "map", let scalar = word.unicodeScalars.first,
            scalar.properties.isAlphabetic || "./_~".unicodeScalars.contains(scalar)
        else { return nil }
        let line = arguments[..<index] + ["--"] + arguments[index...]
        return "the command to run goes after --" + meant(Array(line))
    }

    private static func unknownOption(
        _ name: String, of command: CommandHelp, in natctl: CommandHelp
    ) -> String {
        let start = "\(command.commandName) has no option \(plain(name))"
        let guess =
            nearest(to: name, among: command.options)
            ?? command.option("-" + name).map { _ in "-" + name }
        if let guess { return start + "; did you mean \(guess)?" }
        let others = natctl.subcommands.filter { $0.option(name) != nil }.map(\.commandName)
        return others.isEmpty
            ? start
            : start + "; only \(enumerated(others, "and")) \(others.count == 1 ? "has" : "have") it"
    }

    /// What is wrong with an option's value.
    private static func problem(
        of value: String, for option: CommandHelp.Argument, named name: String
    ) -> String? {
        if let values = option.allValues {
            if values.contains(value) { return nil }
            let guess = nearest(to: value, among: values).map { "; did you mean \($0)?" } ?? ""
            return "\(name) takes \(enumerated(values, "or")), not \(displayed(value))" + guess
        }
        switch option.valueName {
        case "duration" where DurationArgument(argument: value) == nil:
            let isZero = !value.isEmpty && value.allSatisfy { "0dhms".contains($0) }
            return name == "--lifetime" && isZero
                ? ValidationError.noLifetime.message
                : "\(name) takes a duration such as 90, 90s, 15m, 2h, 7d or 1h30m, from 1s to 365d, "
                    + "not \(displayed(value))"
        case "address[:port]" where GatewayAddress(value) == nil:
            return
                "\(name) takes an address such as 192.168.1.1, 192.168.1.1:5351 or fe80::1%eth0, "
                + "not \(displayed(value))"
        default: return nil
        }
    }

    /// Too many arguments, or too few.
    private static func number(of words: [String], of command: CommandHelp) -> String? {
        let positionals = command.positionals
        if words.count > positionals.count, !positionals.contains(where: \.isRepeating) {
            return "\(command.commandName) takes no argument \(displayed(words[positionals.count]))"
        }
        let missing = positionals.filter { !$0.isOptional }.dropFirst(words.count)
        if missing.isEmpty { return nil }
        return "\(command.commandName) needs "
            + enumerated(missing.map { "<\($0.valueName ?? "")>" }, "and")
    }

    // MARK: - Reading

    /// The name of an option without the value behind `=`.
    private static func optionName(_ word: String) -> String {
        String(word.prefix { $0 != "=" })
    }

    /// Whether all letters of a word such as `-vv` are flags.
    private static func areFlags(_ word: String, of command: CommandHelp) -> Bool {
        !word.hasPrefix("--")
            && word.dropFirst().allSatisfy { command.option("-\($0)")?.kind == .flag }
    }

    private static func isPort(_ word: String) -> Bool { (try? PortArgument(word)) != nil }

    // MARK: - Writing

    private static func meant(_ words: [String]) -> String {
        "; did you mean " + ([NATCtl.name] + words).map(quoted).joined(separator: " ") + "?"
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
                || "-_./:=,+@%[]".unicodeScalars.contains($0)
        }
        return isPlain && !word.isEmpty
            ? word
            : "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#))'"
    }

    private static func enumerated(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }
}
