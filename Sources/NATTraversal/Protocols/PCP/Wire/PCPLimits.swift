/// Sizes of PCP messages (RFC 6887, section 7).
enum PCPLimits {
    /// The longest datagram, in bytes.
    static let datagram = 1100
    /// The header of requests and responses alike, in bytes.
    static let header = 24
    /// The shortest answer from which a version error can be told, in bytes.
    static let versionError = 4
}
