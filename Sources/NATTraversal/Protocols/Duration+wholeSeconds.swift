extension Duration {
    /// The whole seconds, as a lifetime field holds them: never negative, never above 2^32 - 1.
    var wholeSeconds: UInt32 { UInt32(clamping: components.seconds) }
}
