/// What a NAT-PMP gateway says of a request (RFC 6886, section 3.5).
struct NATPMPResult: RawRepresentable, Hashable, Sendable {
    var rawValue: UInt16

    static let success = NATPMPResult(rawValue: 0)
    static let unsupportedVersion = NATPMPResult(rawValue: 1)
    static let notAuthorized = NATPMPResult(rawValue: 2)
    static let networkFailure = NATPMPResult(rawValue: 3)
    static let outOfResources = NATPMPResult(rawValue: 4)
    static let unsupportedOpcode = NATPMPResult(rawValue: 5)

    /// The RFC's words in the spelling of PCP's codes; `nil` for a code that is not assigned.
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
