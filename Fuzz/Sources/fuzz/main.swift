import CLibFuzzer
import Glibc
import Properties

// Runs libFuzzer on one property; Scripts/fuzz says how. libFuzzer leaves arguments with two hyphens
// alone, and its options have one.

if CommandLine.arguments.contains("--list") {
    for property in Property.all {
        print(property.name, property.sizeLimit, property.fixtures.joined(separator: " "))
    }
    exit(0)
}
guard property != nil else {
    print("usage: fuzz --list | --property=NAME [LIBFUZZER-OPTION...] [CORPUS...]")
    exit(64)
}
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(LLVMFuzzerRunDriver(&count, &arguments, tryInput))
