import Logging

/// What is asked, answered and decided (debug), and packets (trace); a program that wants to see it
/// sets up swift-log's `LoggingSystem`.
let log = Logger(label: "NATTraversal")
