/// What may be done with a LOCATION: S-6, the rule that keeps forged answers harmless (T-1).
enum SSDPLocation: Hashable, Sendable {
    /// It names the host that sent the datagram.
    case usable(HTTPURL)
    /// It names another host, which is never contacted; this is the same port and path at the
    /// sender, which may be tried.
    case repointed(HTTPURL, because: URLRefusal)
    /// Nothing may be fetched.
    case refused(URLRefusal)

    /// Judges the LOCATION of a datagram that came from `source`.
    init(_ text: String?, from source: SocketAddress) {
        guard let text, !text.isEmpty else {
            self = .refused(.missing)
            return
        }
        let reference = URLReference(text)
        do throws(URLRefusal) {
            var here = try HTTPURL(reference, host: source.address)
            here.scopeID = source.scopeID
            do throws(URLRefusal) {
                let named = try HTTPURL(reference)
                self =
                    named.host == here.host
                    ? .usable(here) : .repointed(here, because: .anotherHost)
            } catch {
                self = .repointed(here, because: error)
            }
        } catch {
            self = .refused(error)
        }
    }

    /// What may be fetched, if anything.
    var url: HTTPURL? {
        switch self {
        case .usable(let url), .repointed(let url, _): url
        case .refused: nil
        }
    }
}

extension HTTPURL {
    /// Whether this is a link-local sender's place and `named` an IPv6 address of wider scope, as
    /// most IPv6 devices name one: nearly always their own, and no cause for a warning.
    func isLinkLocalPlace(of named: String?) -> Bool {
        guard host.family == .ipv6, host.scope == .linkLocal,
            let named = try? HTTPURL(named ?? ""), named.host.family == .ipv6
        else { return false }
        return [.public, .uniqueLocal, .documentation].contains(named.host.scope)
    }
}
