import Glibc

/// Prints a line on standard error, with the program's name in front.
func complain(_ text: String) {
    let bytes = Array("gateway-simulator: \(text)\n".utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
}
