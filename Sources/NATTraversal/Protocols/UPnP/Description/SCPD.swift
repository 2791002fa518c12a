/// A service's own description: its actions and state variables (UDA 1.1, section 2.5).
///
/// It says which actions exist and what they take. What it does not say may exist all the same, and
/// the names it gives to results may be wrong (D-13).
struct SCPD: Hashable, Sendable {
    /// The name of the document's root element, which should be `scpd`.
    let rootElement: String
    let actions: [UPnPAction]
    /// The state variables by name; the first of equal names counts.
    let stateVariables: [String: StateVariable]

    /// A state variable, which gives an argument its type.
    struct StateVariable: Hashable, Sendable {
        /// The data type, such as `ui2` or `string`.
        var type: String
        var allowedValues: [String] = []
        var minimum: String?
        var maximum: String?
    }

    /// Whether anything may be concluded from it.
    var isUsable: Bool { rootElement == "scpd" }

    /// Reads a document.
    ///
    /// - Throws: `XMLTreeError`.
    init(parsing bytes: [UInt8]) throws(XMLTreeError) {
        let root = try XMLTree(parsing: bytes, limits: .description).root
        rootElement = root.name
        let variables = (root.child("serviceStateTable")?.children ?? [])
            .filter { $0.name == "stateVariable" }
            .compactMap { element in
                element.text(of: "name").map { ($0, StateVariable(element)) }
            }
        let stateVariables = Dictionary(variables) { first, _ in first }
        self.stateVariables = stateVariables
        actions = (root.child("actionList")?.children ?? [])
            .filter { $0.name == "action" }
            .compactMap { UPnPAction($0, stateVariables: stateVariables) }
    }
}

extension SCPD.StateVariable {
    fileprivate init(_ element: XMLElementNode) {
        type = element.text(of: "dataType") ?? ""
        allowedValues = (element.child("allowedValueList")?.children ?? [])
            .filter { $0.name == "allowedValue" }.map(\.text)
        let range = element.child("allowedValueRange")
        minimum = range?.text(of: "minimum")
        maximum = range?.text(of: "maximum")
    }
}

extension UPnPAction {
    fileprivate init?(_ element: XMLElementNode, stateVariables: [String: SCPD.StateVariable]) {
        guard let name = element.text(of: "name"), !name.isEmpty else { return nil }
        self.init(name: name)
        let arguments = (element.child("argumentList")?.children ?? [])
            .filter { $0.name == "argument" }
        for argument in arguments {
            guard let name = argument.text(of: "name") else { continue }
            let variable = argument.text(of: "relatedStateVariable").flatMap { stateVariables[$0] }
            let description = Argument(
                name: name, type: variable?.type, allowedValues: variable?.allowedValues ?? [],
                minimum: variable?.minimum, maximum: variable?.maximum)
            if argument.text(of: "direction")?.lowercased() == "out" {
                outputs.append(description)
            } else {
                inputs.append(description)
            }
        }
    }
}
