/// A message from the kernel; a datagram holds several (netlink(7)).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Length, of header and body, without the padding to 4          |
/// | Type                          | Flags                         |
/// | Sequence number of the request                                |
/// | Port of the socket that asked                                 |
/// ```
/// Integers are in the machine's byte order.
struct NetlinkMessage: Equatable, Sendable {
    /// The types that are read; others are skipped.
    enum Kind: UInt16 {
        case error = 2
        case done = 3
        case overrun = 4
        case newLink = 16
        case newAddress = 20
        case newRoute = 24
        case newNeighbour = 28
    }

    /// Set on each part of an answer that ends with `done`.
    static let multipart: UInt16 = 0x2
    /// The table changed while it was read, so entries may be missing or duplicated.
    static let interrupted: UInt16 = 0x10

    var kind: Kind?
    var flags: UInt16
    var sequence: UInt32
    var port: UInt32
    var body: ArraySlice<UInt8>

    /// Reads the next message and its padding.
    init(parsing reader: inout ByteReader) throws(WireError) {
        let length: UInt32 = try reader.readHostOrder("message length")
        kind = Kind(rawValue: try reader.readHostOrder("message type"))
        flags = try reader.readHostOrder("message flags")
        sequence = try reader.readHostOrder("sequence number")
        port = try reader.readHostOrder("port")
        body = try reader.readRest(of: Int(length), after: 16, "message")
    }

    /// Reads all messages of a datagram.
    static func all(in datagram: [UInt8]) throws(WireError) -> [NetlinkMessage] {
        var reader = ByteReader(datagram)
        var messages: [NetlinkMessage] = []
        while reader.count > 0 { messages.append(try NetlinkMessage(parsing: &reader)) }
        return messages
    }
}
