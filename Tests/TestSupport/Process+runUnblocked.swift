package import Foundation

extension Process {
    /// Starts a child that hears signals.
    ///
    /// Dispatch's threads block every signal and a child inherits that: the router daemon would
    /// not stop, and no test could interrupt `natctl`.
    package func runUnblocked() throws {
        var none = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
