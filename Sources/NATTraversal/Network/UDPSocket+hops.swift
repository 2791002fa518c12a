import CSystemCalls
import Glibc

extension UDPSocket {
    /// Lets datagrams pass at most this many routers, and keeps the ICMP errors of those that they do
    /// not pass (IPv4 only).
    ///
    /// - Throws: `SystemError` of setsockopt(2).
    func limitHops(_ count: Int32) throws(SystemError) {
        try setOption(Int32(IPPROTO_IP), IP_TTL, count)
        try setOption(Int32(IPPROTO_IP), IP_RECVERR, Int32(1))
    }

    /// Who sent the next ICMP error; `nil` when there is none.
    func icmpSender() -> IPv4Address? {
        var sender = sockaddr_in()
        guard unsafe csystem_icmp_sender(descriptor, &sender) >= 0 else { return nil }
        return IPv4Address(rawValue: UInt32(bigEndian: sender.sin_addr.s_addr))
    }
}
