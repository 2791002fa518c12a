/// A call of an action: the body of the POST and its SOAPACTION (UDA 1.1, section 3.2.1).
///
/// ```text
/// <?xml version="1.0"?>
/// <s:Envelope xmlns:s="…" s:encodingStyle="…"><s:Body><u:ACTION xmlns:u="SERVICE TYPE">
/// <ARGUMENT>VALUE</ARGUMENT>…</u:ACTION></s:Body></s:Envelope>
/// ```
///
/// Only the declaration and the end stand on lines of their own, because a router that reads names
/// up to a fixed place trips over more (H-3).
struct SOAPRequest: Hashable, Sendable {
    /// The type as the description spells it, version and dialect included (D-4, D-5).
    var serviceType: String
    var action: String
    /// In the order the service declares them (H-4).
    var arguments: [UPnPArgument] = []

    /// The value of the SOAPACTION field, in quotes (H-2).
    ///
    /// - Throws: `SOAPRequestError.serviceType` when the type would break out of the field: some
    ///   servers read past their buffers at a stray quote (T-14).
    var soapAction: String {
        get throws(SOAPRequestError) {
            let isSafe = serviceType.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"")
            }
            guard isSafe, !serviceType.isEmpty else { throw .serviceType }
            return "\"\(serviceType)#\(action)\""
        }
    }

    /// The body, in UTF-8.
    ///
    /// - Throws: `SOAPRequestError.content` when a value or a name cannot stand in XML.
    var encoded: [UInt8] {
        get throws(SOAPRequestError) {
            let call = XMLOutputElement(
                name: "u:\(action)", attributes: [("xmlns:u", serviceType)],
                children: arguments.map { XMLOutputElement(name: $0.name, text: $0.value) })
            let envelope = XMLOutputElement(
                name: "s:Envelope",
                attributes: [
                    ("xmlns:s", Self.envelopeNamespace),
                    ("s:encodingStyle", "http://schemas.xmlsoap.org/soap/encoding/"),
                ],
                children: [XMLOutputElement(name: "s:Body", children: [call])])
            do {
                let declaration = Array("<?xml version=\"1.0\"?>\r\n".utf8)
                return declaration + (try envelope.serialized()) + Array("\r\n".utf8)
            } catch {
                throw .content(error)
            }
        }
    }

    private static let envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/"
}

/// Why a call cannot be put into a request.
enum SOAPRequestError: Error, Hashable, Sendable {
    /// The service's type has characters that no header field may have.
    case serviceType
    case content(XMLOutputError)
}
