import CSystemCalls
import Glibc

/// A system call that failed, with its errno.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as in section 2 of the manual: `connect`.
    public let call: String
    /// The errno it left.
    public let code: Int32

    /// An error of `call` with this errno.
    public init(_ call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// An error of `call` with the errno of this moment.
    package init(_ call: String) {
        self.init(call, code: errno)
    }

    /// `connect: Network is unreachable`.
    public var description: String { "\(call): \(reason)" }

    /// The system's text for the code, `Network is unreachable`.
    public var reason: String {
        guard let text = unsafe csystem_error_text(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

extension SystemError {
    /// Whether this host has reached one of its limits, so that no peer is to blame.
    package var isOfThisHost: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }

    /// Whether bind(2) says that the address is not this host's.
    package var isAddressNotAvailable: Bool { code == EADDRNOTAVAIL }
}
