/// A NAT-PMP result code (RFC 6886, section 3.5).
struct NATPMPResult: RawRepresentable, Hashable, Sendable {
    var rawValue: UInt16

    static let success = NATPMPResult(rawValue: 0)
    static let unsupportedVersion = NATPMPResult(rawValue: 1)
    static let notAuthorized = NATPMPResult(rawValue: 2)
    static let networkFailure = NATPMPResult(rawValue: 3)
    static let outOfResources = NATPMPResult(rawValue: 4)
    static let unsupportedOpcode = NATPMPResult(rawValue: 5)

    /// The RFC's name, spelled like PCP's codes; `nil` for an unassigned code.
    var name: String? {
        switch self {
        case .success: "SUCCESS"
        case .unsupportedVersion: "UNSUPP_VERSION"
        case .notAuthorized: "NOT_AUTHORIZED"
        case .networkFailure: "NETWORK_FAILURE"
        case .outOfResources: "OUT_OF_RESOURCES"
        case .unsupportedOpcode: "UNSUPP_OPCODE"
        default: nil
        }
    }
}
