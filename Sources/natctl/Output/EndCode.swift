import ArgumentParser
import Glibc
import NATTraversal

/// How natctl ends, by the names of its JSON errors (sysexits.h).
enum EndCode: Int32 {
    case usage = 64
    case badAnswer = 65
    case unavailable = 69
    case `internal` = 70
    case cannotMap = 73
    case io = 74
    case timeout = 75
    case refused = 77

    /// The `code` of a JSON error.
    var name: String { "\(self)" }
}

extension PortMapperError {
    /// The exit code that tells scripts what happened.
    var endCode: EndCode {
        switch self {
        case .behindBridge(let error), .unverifiable(let error): error.endCode
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .noSuchInterface, .closed, .unsupported,
            .noExternalAddress, .notPublic, .noGlobalAddress, .noSuchService, .unmappedElsewhere:
            .unavailable
        case .unreachable: .usage
        case .noAnswer: .timeout
        case .badAnswer: .badAnswer
        case .portTaken: .cannotMap
        case .inexpressible, .foreign: .refused
        case .system, .leaseFile: .io
        case .refused(let refusal):
            switch refusal.kind {
            case .noRoom: .cannotMap
            case .noExternalAddress, .unsupported: .unavailable
            case .denied: .refused
            }
        }
    }
}
