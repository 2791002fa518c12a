import CSystem
import Glibc

extension UDPSocket {
    /// Sends multicasts by this interface, over at most `hops` routers, and hears of no group.
    ///
    /// - Throws: `SystemError` of setsockopt(2).
    package func setMulticast(
        family: AddressFamily, interfaceIndex: UInt32, hops: Int32
    ) throws(SystemError) {
        switch family {
        case .ipv4:
            let interface = ip_mreqn(
                imr_multiaddr: in_addr(), imr_address: in_addr(),
                imr_ifindex: Int32(clamping: interfaceIndex))
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_IF, interface)
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_TTL, hops)
            // Groups that others on this host have joined would be heard otherwise.
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_ALL, Int32(0))
        case .ipv6:
            try setOption(Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, interfaceIndex)
            try setOption(Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, hops)
        }
    }

    private func setOption<Value>(
        _ level: Int32, _ name: Int32, _ value: Value
    ) throws(SystemError) {
        let result = unsafe withUnsafeBytes(of: value) {
            unsafe setsockopt(descriptor, level, name, $0.baseAddress, socklen_t($0.count))
        }
        guard result == 0 else { throw SystemError("setsockopt") }
    }
}
