import Testing
import TestSupport

extension Trait where Self == ConditionTrait {
    /// Skips and says why where nothing can be held against the schema.
    static var needsDocumentSchema: Self {
        .enabled(
            if: DocumentSchema.isAvailable,
            "no jsonschema in .build/python; make setup installs it")
    }
}
