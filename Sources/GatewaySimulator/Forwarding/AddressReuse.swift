import Glibc

/// Sets whether a socket shares its address with another that also wants to (SO_REUSEADDR).
func setAddressReuse(_ isOn: Bool, of descriptor: Int32) {
    var value: Int32 = isOn ? 1 : 0
    _ = unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &value, socklen_t(MemoryLayout<Int32>.size))
}
