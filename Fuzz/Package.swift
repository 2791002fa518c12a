// swift-tools-version: 6.2
import PackageDescription

/// The properties of Tests/NATTraversalTests/Properties under libFuzzer; Scripts/fuzz builds it.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "natctl", path: "..")],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .target(
            name: "Properties",
            dependencies: [.product(name: "NATTraversal", package: "natctl")]),
        .executableTarget(name: "fuzz", dependencies: ["CLibFuzzer", "Properties"]),
    ]
)
