// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),  // SE-0458: each use of a pointer is marked `unsafe`
    .treatWarning("StrictMemorySafety", as: .error),  // SE-0480
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
]

let package = Package(
    name: "natctl",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "NATTraversal", targets: ["NATTraversal"]),
        .library(name: "NATTraversalNIO", targets: ["NATTraversalNIO"]),
        .executable(name: "natctl", targets: ["natctl"]),
        .executable(name: "gateway-simulator", targets: ["gateway-simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibXML2", pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev", "pkg-config"])]),
        .target(name: "CSystemCalls", cSettings: [.define("_GNU_SOURCE")]),
        // SwiftPM refuses two targets of one name in all packages of a build, and "Support" is
        // what a client may have called one of its own.
        .target(
            name: "NATTraversalSupport", dependencies: ["CSystemCalls"], path: "Sources/Support",
            swiftSettings: swiftSettings),
        .target(
            name: "NATTraversal",
            dependencies: [
                "NATTraversalSupport", "CSystemCalls", "CLibXML2",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "NATTraversalNIO",
            dependencies: [
                "NATTraversal",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "natctl",
            dependencies: [
                "NATTraversal", "NATTraversalSupport", "CSystemCalls",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "GatewaySimulator", dependencies: ["NATTraversal", "NATTraversalSupport"],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "gateway-simulator",
            dependencies: [
                "GatewaySimulator", "NATTraversalSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "TestSupport", dependencies: ["NATTraversal", "NATTraversalSupport"],
            path: "Tests/TestSupport",
            exclude: ["check-documents.py"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "NATTraversalTests",
            dependencies: [
                "NATTraversal", "NATTraversalSupport", "GatewaySimulator", "TestSupport",
            ],
            exclude: ["Fixtures"], swiftSettings: swiftSettings),
        .testTarget(
            name: "NATTraversalNIOTests",
            dependencies: ["NATTraversalNIO", "NATTraversal", "GatewaySimulator", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "natctlTests",
            dependencies: [
                "natctl", "NATTraversal", "NATTraversalSupport", "GatewaySimulator",
                "gateway-simulator", "TestSupport",
            ],
            exclude: ["Fixtures", "Reports", "shells", "tools"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "LabTests",
            dependencies: ["natctl", "gateway-simulator", "NATTraversalSupport", "TestSupport"],
            exclude: ["lab", "tools"],
            swiftSettings: swiftSettings),
    ]
)
