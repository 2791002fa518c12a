import NATTraversal

@testable import GatewaySimulator

extension ScriptedGateway {
    /// The answer to a control request; `nil` where there is none.
    mutating func reply(
        to call: String, path: String = "/ctl/IPConn", header: String = "SOAPACTION",
        version: String = "HTTP/1.1", after: Duration = .zero
    ) -> HTTPAnswer? {
        let request = HTTPRequest(
            method: "POST", path: path, version: version, headers: [(header, "\"\"")],
            body: Array(call.utf8))
        return state.react(
            to: request, from: SocketAddress(Self.client, port: 40000), at: Self.start + after
        ).answer
    }

    /// The answer to a request for a document.
    mutating func document(_ path: String) -> HTTPAnswer? {
        let request = HTTPRequest(method: "GET", path: path, version: "HTTP/1.1", headers: [])
        return state.react(
            to: request, from: SocketAddress(Self.client, port: 40000), at: Self.start
        ).answer
    }

    /// The body of the answer to a control request.
    mutating func ask(_ call: String, after: Duration = .zero) -> String? {
        reply(to: call, after: after)?.body
    }

    /// The code of the fault that answers a control request; `nil` when none does.
    mutating func errorCode(of call: String) -> Int? {
        guard let body = ask(call), let found = body.firstMatch(of: /<errorCode>(-?\d+)</) else {
            return nil
        }
        return Int(found.1)
    }

    /// The answers to a search.
    mutating func search(_ target: String) -> [String] {
        let search = """
            M-SEARCH * HTTP/1.1\r
            HOST: 239.255.255.250:1900\r
            MAN: "ssdp:discover"\r
            MX: 1\r
            ST: \(target)\r
            \r

            """
        return answers(toSearch: search)
    }

    /// The answers to a datagram on the search port.
    mutating func answers(toSearch datagram: String) -> [String] {
        state.answers(
            toSearch: Array(datagram.utf8), from: SocketAddress(Self.client, port: 40000),
            location: "http://192.168.77.1:49152/rootDesc.xml", at: Self.start
        ).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension GatewayState.HTTPReaction {
    /// What is answered, if anything is.
    var answer: HTTPAnswer? {
        guard case .answer(let answer) = reply else { return nil }
        return answer
    }
}
