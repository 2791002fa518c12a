/// One of a service's URLs: what it leads to, or why it is not used (D-3).
public enum ServiceURL: Hashable, Sendable {
    /// At the host the description came from; the port may be another.
    case url(HTTPURL)
    /// As the document spells it, with the reason.
    case refused(String, because: URLRefusal)

    /// The URL, unless it is refused.
    public var url: HTTPURL? {
        if case .url(let url) = self { url } else { nil }
    }

    /// Why it is not used, if it is not.
    public var refusal: URLRefusal? {
        if case .refused(_, let reason) = self { reason } else { nil }
    }

    /// Resolves the text of `element` against `base` and holds it against `location`.
    init(_ element: XMLElementNode?, base: HTTPURL, location: HTTPURL) {
        let text = element?.text ?? ""
        do throws(URLRefusal) {
            guard let element, !text.isEmpty else { throw .missing }
            guard !element.isTextCut else { throw .tooLong }
            let url = try base.resolving(text)
            guard url.isSameHost(as: location) else { throw .anotherHost }
            self = .url(url)
        } catch {
            self = .refused(text, because: error)
        }
    }
}
