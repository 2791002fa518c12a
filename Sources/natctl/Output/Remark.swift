import Glibc
import NATTraversal

// What natctl says of its own work on standard error, beside warnings and failures.

/// A file, or a standard stream, that could not be written.
func unwritable(_ name: String, _ error: SystemError) -> String {
    "\(name) cannot be written: " + (error.code == ETIMEDOUT ? "nobody reads it" : error.reason)
}

/// COMMAND could not be started.
func notRun(_ command: String, _ error: SystemError) -> String {
    "\(displayed(command, limit: nil)) cannot be run: \(error.reason)"
}

/// An error that no part of natctl expects.
func bugMessage(_ error: any Error) -> String {
    "this is a bug in natctl: \(displayed("\(error)", limit: 1024))"
}

/// What `list` says where there is nothing to show.
let noMappings = "no mappings"

/// What `list-interfaces` says where there is nothing to show.
let noAddresses = "no addresses; --all includes loopback"

/// What `upnp-scan` says where nobody was found.
func noDevices(within time: Duration) -> String {
    "no UPnP device answered within \(durationText(time))"
}

/// What `unmap` says where it had nothing to do.
let nothingUnmapped = "there was nothing to unmap"

extension FileDescriptors {
    /// That they are too few, and what to do.
    var shortage: String {
        "natctl needs \(Self.needed) free file descriptors, and only \(free) are left; "
            + "raise the limit (ulimit -n)"
    }
}

extension MappingReport {
    /// What there is to be said after everything was let go.
    var remarksAtEnd: [String] {
        warnings.map { "warning: \($0.message)" }
            + failures.map {
                "\($0.transport.rawValue) \($0.internalPort) may still be mapped: "
                    + $0.error.userMessage
            }
    }
}

extension Hook.Failure {
    /// One line.
    var message: String {
        switch self {
        case .notStarted(let event, let error):
            "the hook for \(event) could not be run: \(error.reason)"
        case .killedAtEnd(let event):
            "the hook for \(event) was killed at the end"
        case .tooSlow(let event, let limit):
            "the hook for \(event) took over \(durationText(limit)) and was killed"
        case .ended(let event, let status) where status > 128:
            "the hook for \(event) was ended by signal \(status - 128)"
        case .ended(let event, let status):
            "the hook for \(event) ended with \(status)"
        case .missed(let count):
            "the hook was too slow and missed \(count) events"
        }
    }
}
