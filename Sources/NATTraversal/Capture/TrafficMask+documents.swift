import NATTraversalSupport

extension TrafficMask {
    /// Masks a document of XML, or whatever stands in its place: of every element that is not known
    /// to tell nothing about a person, and of every page that is no such document, only the form
    /// stays.
    mutating func document(_ document: [UInt8]) -> [UInt8] {
        var mask: [UInt8] = []
        mask.reserveCapacity(document.count)
        for part in XMLParts(document) {
            let text = Array(document[part.range])
            switch part.kind {
            case .markup: mask += patterns(text)
            case .comment: mask += self.text(text)
            case .tag: mask += tag(text)
            case .text(let element, let parent): mask += content(text, of: element, in: parent)
            }
        }
        return mask
    }

    /// Remembers the serial numbers and names of a description, for every other place where they
    /// occur.
    mutating func learnNames(from document: [UInt8]) {
        var found: [[UInt8]] = []
        for part in XMLParts(document) {
            guard case .text(let element, _) = part.kind else { continue }
            let text = Array(document[part.range].trimmingWhitespace)
            if Self.telling.contains(element), !text.isEmpty { products.append(text) }
            switch element {
            case "serialnumber", "friendlyname": found.append(text)
            case "udn":
                let isPrefixed = String(decoding: text.prefix(5), as: UTF8.self).lowercased()
                found.append(Array(text.dropFirst(isPrefixed == "uuid:" ? 5 : 0)))
            default: continue
            }
        }
        // What is short occurs by chance.
        for name in found where name.count >= 5 && !isProduct(name) && !names.contains(name) {
            guard names.count < Self.nameLimit else { break }
            names.append(name)
        }
        names.sort { $0.count > $1.count }
    }

    private static let nameLimit = 64

    /// Elements whose words are no names, because a device has them of its make or of UPnP.
    private static let telling = productElements.union([
        "devicetype", "servicetype", "serviceid",
    ])

    /// Whether a name tells no more than the make and model do.
    func isProduct(_ name: [UInt8]) -> Bool {
        products.contains { $0.firstPlace(of: name) != nil }
    }

    /// Masks a name that a device was given, unless it tells no more than its make and model.
    package mutating func name(_ name: String) -> String {
        let name = Array(name.utf8)
        return String(
            decoding: isProduct(name) ? patterns(name) : nameMask(name), as: UTF8.self)
    }

    private mutating func content(
        _ text: [UInt8], of element: String, in parent: String
    ) -> [UInt8] {
        let inner = text[...].trimmingWhitespace
        guard !inner.isEmpty else { return text }
        var mask = text
        // In another form than that of an address it may still be one.
        let isOddAddress =
            element == "newexternalipaddress"
            && IPAddress(String(decoding: inner, as: UTF8.self)) == nil
        if Self.productElements.contains(element) {
            return patterns(text, isProduct: true)
        } else if element == "udn" {
            let isPrefixed = String(decoding: inner.prefix(5), as: UTF8.self).lowercased()
            let name = inner.dropFirst(isPrefixed == "uuid:" ? 5 : 0)
            mask.replaceSubrange(name.indices, with: nameMask(Array(name)))
        } else if !isOddAddress && Self.plainElements.contains(element)
            || element == "name" && Self.parentsOfNames.contains(parent)
            || element == "friendlyname" && isProduct(Array(inner))
        {
            return patterns(text)
        } else {
            mask.replaceSubrange(inner.indices, with: nameMask(Array(inner)))
        }
        return mask
    }

    /// Masks what follows an element's name in a tag, but for the names of attributes, and the
    /// values of those that say how the document is to be read.
    private mutating func tag(_ tag: [UInt8]) -> [UInt8] {
        var mask = tag
        var index = tag.firstIndex(where: \.isBlank) ?? tag.endIndex
        while index < tag.count {
            let token = tag[index...].prefix { $0.isNamePart }
            guard !token.isEmpty || tag[index].isQuote else {
                index += 1
                continue
            }
            let rest = tag[token.endIndex...].drop(while: \.isBlank)
            if !token.isEmpty, rest.first == UInt8(ascii: "=") {
                let value = rest.dropFirst().drop(while: \.isBlank).attributeValue
                let name = String(decoding: token, as: UTF8.self).lowercased()
                let isPlain =
                    name.hasPrefix("xmlns") || name.hasSuffix("encodingstyle")
                    || ["configid", "version", "sendevents", "multicast"].contains(name)
                let text = Array(tag[value])
                mask.replaceSubrange(value, with: isPlain ? patterns(text) : self.text(text))
                index = max(value.upperBound, rest.startIndex + 1)
            } else {
                let value = token.isEmpty ? tag[index...].attributeValue : token.indices
                mask.replaceSubrange(value, with: self.text(Array(tag[value])))
                index = max(value.upperBound, index + 1)
            }
        }
        return mask
    }

    /// Elements that tell the make of a device.
    private static let productElements: Set = [
        "manufacturer", "manufacturerurl", "modeldescription", "modelname", "modelnumber",
        "modelurl", "upc",
    ]

    /// Elements of descriptions and answers that tell nothing about a person, but for what has the
    /// form of an address or identifier.
    private static let plainElements: Set = [
        // UDA 1.1, section 2.3
        "major", "minor", "urlbase", "devicetype", "mimetype", "width", "height", "depth", "url",
        "servicetype", "serviceid", "scpdurl", "controlurl", "eventsuburl", "presentationurl",
        // UDA 1.1, section 2.5
        "direction", "relatedstatevariable", "retval", "datatype", "defaultvalue", "allowedvalue",
        "minimum", "maximum", "step",
        // UDA 1.1, section 3.2
        "faultcode", "faultstring", "errorcode", "errordescription",
        // What is asked of a connection
        "newconnectionstatus", "newlastconnectionerror", "newuptime", "newexternalipaddress",
        "newdefaultconnectionservice", "newconnectiontype", "newpossibleconnectiontypes",
        "newrsipavailable", "newnatenabled", "newfirewallenabled", "newinboundpinholeallowed",
    ]

    private static let parentsOfNames: Set = ["action", "argument", "statevariable"]
}

/// The parts of a document of XML, of HTML or of anything else, in their order and without a gap.
///
/// It knows no more than where tags begin and end, so that it can take what no parser does.
private struct XMLParts: Sequence, IteratorProtocol {
    struct Part {
        enum Kind {
            /// A declaration, and the ends of a CDATA section.
            case markup
            case comment
            /// A tag with its attributes.
            case tag
            /// Text with the innermost element that is open, and the one around that; both in small
            /// letters and without their prefixes.
            case text(element: String, parent: String)
        }

        var kind: Kind
        var range: Range<Int>
    }

    private static let depthLimit = 256

    private let document: [UInt8]
    private var index = 0
    private var open: [String] = []
    private var isInCDATA = false

    init(_ document: [UInt8]) { self.document = document }

    mutating func next() -> Part? {
        guard index < document.count else { return nil }
        let rest = document[index...]
        if isInCDATA {
            let end = rest.firstPlace(of: Array("]]>".utf8))?.lowerBound ?? rest.endIndex
            isInCDATA = false
            if end > index { return part(text, to: end) }
        }
        if rest.starts(with: "]]>".utf8) { return part(.markup, to: index + 3) }
        if rest.starts(with: "<![CDATA[".utf8) {
            isInCDATA = true
            return part(.markup, to: index + 9)
        }
        if rest.starts(with: "<!--".utf8) {
            let end = rest.firstPlace(of: Array("-->".utf8))?.upperBound ?? rest.endIndex
            return part(.comment, to: end)
        }
        guard rest.first == UInt8(ascii: "<") else {
            let end = rest.firstIndex(of: UInt8(ascii: "<")) ?? rest.endIndex
            return part(text, to: end)
        }
        let end = rest.firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? rest.endIndex
        if rest.starts(with: "<?".utf8) || rest.starts(with: "<!".utf8) {
            return part(.markup, to: end)
        }
        note(rest[..<end])
        return part(.tag, to: end)
    }

    private mutating func part(_ kind: Part.Kind, to end: Int) -> Part {
        defer { index = end }
        return Part(kind: kind, range: index..<end)
    }

    private var text: Part.Kind {
        .text(element: open.last ?? "", parent: open.dropLast().last ?? "")
    }

    private mutating func note(_ tag: ArraySlice<UInt8>) {
        let inner = tag.dropFirst().drop { $0 == UInt8(ascii: "/") }
        let name = inner.prefix { !$0.isBlank && ![0x2F, 0x3E, 0x3C].contains($0) }
        let local = name.split(separator: UInt8(ascii: ":")).last ?? []
        let text = String(decoding: local, as: UTF8.self).lowercased()
        if tag.dropFirst().first == UInt8(ascii: "/") {
            // Ends what it names, and whatever was left open in that.
            if let start = open.lastIndex(of: text) { open.removeSubrange(start...) }
        } else if tag.dropLast().last != UInt8(ascii: "/"), open.count < Self.depthLimit {
            open.append(text)
        }
    }
}

extension UInt8 {
    /// Whether this is white space.
    fileprivate var isBlank: Bool { [0x20, 0x09, 0x0A, 0x0D].contains(self) }

    /// Whether this is a quotation mark of XML.
    fileprivate var isQuote: Bool { self == 0x22 || self == 0x27 }

    /// Whether this is a part of an attribute's name.
    fileprivate var isNamePart: Bool {
        !isBlank && !isQuote && !"=<>/?".utf8.contains(self)
    }
}

extension ArraySlice<UInt8> {
    /// Where the value is that begins here: between quotation marks, or up to a blank.
    fileprivate var attributeValue: Range<Int> {
        guard let quote = first, quote.isQuote else {
            return prefix { !$0.isBlank && $0 != UInt8(ascii: ">") }.indices
        }
        return dropFirst().prefix { $0 != quote }.indices
    }

    fileprivate var trimmingWhitespace: ArraySlice<UInt8> {
        let rest = drop(while: \.isBlank)
        return rest[..<(rest.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? rest.startIndex)]
    }
}
