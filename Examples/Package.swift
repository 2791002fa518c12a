// swift-tools-version: 6.2
import PackageDescription

/// Each program is one file that can be read as documentation of the library.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "natctl", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(
            name: "Surroundings",
            dependencies: [.product(name: "NATTraversal", package: "natctl")]),
        .executableTarget(
            name: "tcp-echo",
            dependencies: [
                "Surroundings", .product(name: "NATTraversalNIO", package: "natctl"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "public-echo",
            dependencies: [
                .product(name: "NATTraversalNIO", package: "natctl"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "udp-echo",
            dependencies: [
                "Surroundings", .product(name: "NATTraversalNIO", package: "natctl"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(name: "mapping-watcher", dependencies: ["Surroundings"]),
        .executableTarget(name: "igd-session", dependencies: ["Surroundings"]),
        .executableTarget(name: "port-session", dependencies: ["Surroundings"]),
    ]
)
