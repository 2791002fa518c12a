/// The document inside the answer to GetListOfPortMappings (WANIPConnection:2, section 2.3.20).
///
/// ```xml
/// <p:PortMappingList xmlns:p="urn:schemas-upnp-org:gw:WANIPConnection">
///  <p:PortMappingEntry><p:NewRemoteHost/>…<p:NewLeaseTime>3600</p:NewLeaseTime></p:PortMappingEntry>
/// </p:PortMappingList>
/// ```
struct PortMappingListing: Hashable, Sendable {
    private(set) var entries: [PortMappingEntry] = []
    /// How many entries could not be read.
    private(set) var skipped = 0

    /// An empty table.
    init() {}

    /// Reads the text of NewPortListing, under the limits of any document (T-2).
    ///
    /// An entry that cannot be read is left out and counted, for the others to be shown.
    ///
    /// - Throws: `UPnPFailure.result`.
    init(parsing text: String) throws(UPnPFailure) {
        guard !text.isEmpty else { return }
        let root: XMLElementNode
        do {
            let limits = XMLLimits(bytes: XMLLimits.portListing.bytes)
            root = try XMLTree(parsing: Array(text.utf8), limits: limits).root
        } catch { throw .result("NewPortListing") }
        for element in root.children where element.name == "PortMappingEntry" {
            do throws(UPnPFailure) {
                var entry = try PortMappingEntry(
                    element.children.map { UPnPArgument($0.name, $0.text) })
                entry.hasCutText = element.children.contains(where: \.isTextCut)
                entries.append(entry)
            } catch {
                skipped += 1
            }
        }
    }
}
