package import Foundation
import NATTraversalSupport

/// Schema/natctl.schema.json, against which every document is held that a test sees.
///
/// An actor on a queue of its own, because it waits for the child that judges by blocking.
package actor DocumentSchema {
    /// A document that the schema does not allow.
    package struct Violation: Error, CustomStringConvertible {
        package var document: String
        package var problem: String

        package var description: String { "\(problem), in \(document)" }
    }

    package static let shared = DocumentSchema()

    /// Whether `make setup` was here; with `CI=true` documents are checked or tests fail.
    package static let isAvailable =
        FileManager.default.isExecutableFile(atPath: python.path)
        || ProcessInfo.processInfo.environment["CI"] == "true"

    /// The Python that has jsonschema.
    package static let python =
        ProjectFiles.root.appendingPathComponent(".build/python/bin/python3")

    private let executor = QueueExecutor(label: "document schema")
    private let documents = Pipe()
    private let answers = Pipe()
    private var child: Process?

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Holds a document against the schema.
    ///
    /// - Parameter text: the document, on one line or several.
    /// - Throws: `Violation`, or the reason why nothing can be checked.
    package func check(_ text: String) throws {
        try startOnce()
        let line = text.replacing("\n", with: " ") + "\n"
        try documents.fileHandleForWriting.write(contentsOf: Data(line.utf8))
        var answer = Data()
        while answer.last != UInt8(ascii: "\n") {
            let more = answers.fileHandleForReading.availableData
            if more.isEmpty { throw Violation(document: text, problem: "nobody judges") }
            answer += more
        }
        let problem = String(decoding: answer.dropLast(), as: UTF8.self)
        if !problem.isEmpty { throw Violation(document: text, problem: problem) }
    }

    private func startOnce() throws {
        guard child == nil else { return }
        let child = Process()
        child.executableURL = Self.python
        child.arguments = ["Tests/TestSupport/check-documents.py", "Schema/natctl.schema.json"]
        child.currentDirectoryURL = ProjectFiles.root
        child.standardInput = documents
        child.standardOutput = answers
        try child.runUnblocked()
        self.child = child
    }
}
