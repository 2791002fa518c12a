import Glibc

/// A signal that this process got.
struct ReceivedSignal: Hashable, Sendable {
    var number: Int32
    /// Whether the kernel sent it, as for a key at the terminal, which goes to all the programs in
    /// the foreground, or for a terminal that is gone.
    var isFromKernel = false
}
