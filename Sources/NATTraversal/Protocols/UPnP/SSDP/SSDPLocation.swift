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
    /// Whether `named` is an IPv6 address of wide scope, as most devices of IPv6 name one, and this
    /// the place of a sender whose own it nearly always is: no cause for a warning.
    ///
    /// - Parameters:
    ///   - named: the LOCATION.
    ///   - isGateway: whether the sender is a default gateway; any other one has to be link-local.
    /// - Returns: whether it is.
    func isOwnPlace(of named: String?, isGateway: Bool) -> Bool {
        guard host.family == .ipv6, isGateway || host.scope == .linkLocal,
            let named = try? HTTPURL(named ?? ""), named.host.family == .ipv6
        else { return false }
        return [.public, .uniqueLocal, .documentation].contains(named.host.scope)
    }
}
