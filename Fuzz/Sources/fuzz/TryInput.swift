import Properties

/// The property that `--property=NAME` names.
let property = Property.all.first { CommandLine.arguments.contains("--property=\($0.name)") }

/// Tries one input; a property that does not hold ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
func tryInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try property?.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
