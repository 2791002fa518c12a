import Logging

/// What is asked, answered and decided (debug), and packets (trace); a program that wants to see it
/// sets up swift-log's `LoggingSystem`.
let log = Logger(label: "NATTraversal")

/// A datagram in hexadecimal, the secret part of a PCP nonce left out (T-13).
func packetText(_ payload: [UInt8]) -> String {
    let hasNonce = payload.count >= 36 && payload[0] == 2 && [1, 2].contains(payload[1] & 0x7F)
    return payload.enumerated().map { index, byte in
        let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
        return hasNonce && (26..<36).contains(index) ? "**" : digits
    }.joined(separator: " ")
}
