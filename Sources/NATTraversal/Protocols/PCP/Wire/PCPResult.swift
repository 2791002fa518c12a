/// A PCP result code (RFC 6887, section 7.4; RFC 7652; RFC 7843).
struct PCPResult: RawRepresentable, Hashable, Sendable {
    var rawValue: UInt8

    static let success = PCPResult(rawValue: 0)
    static let unsupportedVersion = PCPResult(rawValue: 1)
    static let notAuthorized = PCPResult(rawValue: 2)
    static let malformedRequest = PCPResult(rawValue: 3)
    static let unsupportedOpcode = PCPResult(rawValue: 4)
    static let unsupportedOption = PCPResult(rawValue: 5)
    static let malformedOption = PCPResult(rawValue: 6)
    static let networkFailure = PCPResult(rawValue: 7)
    static let noResources = PCPResult(rawValue: 8)
    static let unsupportedProtocol = PCPResult(rawValue: 9)
    static let userExceededQuota = PCPResult(rawValue: 10)
    static let cannotProvideExternal = PCPResult(rawValue: 11)
    static let addressMismatch = PCPResult(rawValue: 12)

    private static let names = [
        "SUCCESS", "UNSUPP_VERSION", "NOT_AUTHORIZED", "MALFORMED_REQUEST", "UNSUPP_OPCODE",
        "UNSUPP_OPTION", "MALFORMED_OPTION", "NETWORK_FAILURE", "NO_RESOURCES", "UNSUPP_PROTOCOL",
        "USER_EX_QUOTA", "CANNOT_PROVIDE_EXTERNAL", "ADDRESS_MISMATCH", "EXCESSIVE_REMOTE_PEERS",
        "INITIATION", "AUTHENTICATION_REQUIRED", "AUTHENTICATION_FAILED",
        "AUTHENTICATION_SUCCEEDED", "AUTHORIZATION_FAILED", "SESSION_TERMINATED",
        "UNKNOWN_SESSION_ID", "DOWNGRADE_ATTACK_DETECTED", "AUTHENTICATION_REQUEST",
        "AUTHENTICATION_REPLY", "THIRD_PARTY_ID_UNKNOWN", "THIRD_PARTY_MISSING_OPTION",
        "UNSUPP_THIRD_PARTY_ID_LENGTH",
    ]

    /// The registry's name; `nil` for an unassigned code.
    var name: String? {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : nil
    }
}
