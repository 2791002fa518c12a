/// A service of the simulated device: what its description says and what it can do.
struct SimulatedService: Sendable {
    /// An argument's name and the state variable that gives its type.
    struct Argument: Sendable {
        var name: String
        var variable: String
    }

    struct Action: Sendable {
        var name: String
        var inputs: [Argument] = []
        var outputs: [Argument] = []
    }

    struct Variable: Sendable {
        var name: String
        var type: String
        var isEvented = false
        var allowedValues: [String] = []
    }

    /// `urn:schemas-upnp-org:service:WANIPConnection:2`.
    var type: String
    /// The end of its serviceId: `WANIPConn1`.
    var identifier: String
    var descriptionPath: String
    var controlPath: String
    /// Where events would be subscribed to; the answer is 501, as a router without events says.
    var eventPath: String { controlPath.replacing("/ctl/", with: "/evt/") }
    var actions: [Action]
    var variables: [Variable]

    /// The service description.
    var document: String {
        """
        <?xml version="1.0"?>
        <scpd xmlns="urn:schemas-upnp-org:service-1-0">\
        <specVersion><major>1</major><minor>0</minor></specVersion>\
        <actionList>\(actions.map(\.element).joined())</actionList>\
        <serviceStateTable>\(variables.map(\.element).joined())</serviceStateTable></scpd>

        """
    }
}

extension SimulatedService.Action {
    fileprivate var element: String {
        let arguments =
            inputs.map { $0.element("in") } + outputs.map { $0.element("out") }
        let list = arguments.isEmpty ? "" : "<argumentList>\(arguments.joined())</argumentList>"
        return "<action><name>\(name)</name>\(list)</action>"
    }
}

extension SimulatedService.Argument {
    fileprivate func element(_ direction: String) -> String {
        "<argument><name>\(name)</name><direction>\(direction)</direction>"
            + "<relatedStateVariable>\(variable)</relatedStateVariable></argument>"
    }
}

extension SimulatedService.Variable {
    fileprivate var element: String {
        let values = allowedValues.map { "<allowedValue>\($0)</allowedValue>" }.joined()
        let list = values.isEmpty ? "" : "<allowedValueList>\(values)</allowedValueList>"
        return "<stateVariable sendEvents=\"\(isEvented ? "yes" : "no")\"><name>\(name)</name>"
            + "<dataType>\(type)</dataType>\(list)</stateVariable>"
    }
}
