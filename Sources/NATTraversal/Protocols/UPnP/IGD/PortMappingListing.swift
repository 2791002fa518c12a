/// The document inside the answer to GetListOfPortMappings (WANIPConnection:2, section 2.3.20).
///
/// ```xml
/// <p:PortMappingList xmlns:p="urn:schemas-upnp-org:gw:WANIPConnection">
///  <p:PortMappingEntry><p:NewRemoteHost/>…<p:NewLeaseTime>3600</p:NewLeaseTime></p:PortMappingEntry>
/// </p:PortMappingList>
/// ```
struct PortMappingListing: Hashable, Sendable {
    let entries: [PortMappingEntry]

    /// Reads the text of NewPortListing, under the limits of any document (T-2).
    ///
    /// An entry that cannot be read is left out, for the others to be shown.
    ///
    /// - Throws: `UPnPFailure.result`.
    init(parsing text: String) throws(UPnPFailure) {
        guard !text.isEmpty else {
            entries = []
            return
        }
        let root: XMLElementNode
        do {
            let limits = XMLLimits(bytes: XMLLimits.portListing.bytes)
            root = try XMLTree(parsing: Array(text.utf8), limits: limits).root
        } catch { throw .result("NewPortListing") }
        entries = root.children.filter { $0.name == "PortMappingEntry" }.compactMap { element in
            try? PortMappingEntry(element.children.map { UPnPArgument($0.name, $0.text) })
        }
    }
}
