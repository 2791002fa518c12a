import Testing

@testable import NATTraversal

/// The facts that the corpus states of a description.
private struct DescriptionFacts: Decodable, Sendable {
    struct Device: Decodable {
        var deviceType, friendlyName, manufacturer, modelName, modelNumber, serialNumber: String?
        var UDN, presentationURL: String?
    }
    struct Service: Decodable {
        var serviceType: String
        var serviceId, controlURL: String?
        var controlURL_resolved: String
        var controlURL_allowed: Bool
        var refused_because: String?
        var SCPDURL_resolved: String?
        var depth: Int
        var parent_device_type, parent_UDN: String?
    }
    struct ConnectionService: Decodable {
        var serviceType, controlURL_resolved: String
        var allowed: Bool
    }
    struct LenientResult: Decodable {
        var preferred_control_urls: [String]
        var friendlyName: String?
    }
    var location, parse: String
    var root_element, URLBase, effective_base: String?
    var device: Device?
    var services: [Service]?
    var service_count: Int?
    var wan_connection_services: [ConnectionService]?
    var preferred_control_urls: [String]?
    var is_gateway: Bool?
    var acceptable: [String]?
    var lenient_result: LenientResult?
}

@Suite("Device descriptions of the corpus") struct DeviceDescriptionCorpusTests {
    private func read(_ item: CorpusItem) throws -> (DescriptionFacts, DeviceDescription) {
        let facts: DescriptionFacts = try item.expected()
        let location = try HTTPURL(facts.location)
        return (facts, try DeviceDescription(parsing: item.bytes, from: location))
    }

    private static let items = Corpus.items("desc")
    private static let readable = items.filter {
        (try? $0.expected(DescriptionFacts.self))?.parse.hasPrefix("well-formed") == true
    }
    private static let refused = items.filter {
        (try? $0.expected(DescriptionFacts.self))?.parse == "reject"
    }
    private static let doubtful = items.filter {
        (try? $0.expected(DescriptionFacts.self))?.parse == "not-well-formed"
    }

    @Test("the root element and its device are read", arguments: readable)
    func root(item: CorpusItem) throws {
        let (facts, description) = try read(item)
        let root = try XMLTree(parsing: item.bytes, limits: .description).root
        #expect(root.name == facts.root_element)
        #expect(description.statedBase == facts.URLBase)
        #expect(description.base == (try HTTPURL(#require(facts.effective_base))))
        let expected = try #require(facts.device)
        let device = description.root
        #expect(device.type == expected.deviceType)
        #expect(device.friendlyName == expected.friendlyName)
        #expect(device.manufacturer == expected.manufacturer)
        #expect(device.modelName == expected.modelName)
        #expect(device.modelNumber == expected.modelNumber)
        #expect(device.serialNumber == expected.serialNumber)
        #expect(device.udn == expected.UDN)
        #expect(device.presentationURL == expected.presentationURL)
        #expect(description.isGateway == facts.is_gateway)
    }

    @Test("every service is found, with its URLs resolved or refused", arguments: readable)
    func services(item: CorpusItem) throws {
        let (facts, description) = try read(item)
        #expect(description.services.count == facts.service_count)
        for (service, expected) in zip(description.services, try #require(facts.services)) {
            #expect(service.type == expected.serviceType)
            #expect(service.identifier == expected.serviceId)
            let control = try HTTPURL(expected.controlURL_resolved)
            if expected.controlURL_allowed {
                #expect(service.control == .url(control))
            } else {
                let text = try #require(expected.controlURL)
                #expect(service.control == .refused(text, because: .anotherHost))
                #expect(try description.base.resolving(text) == control)
            }
            #expect(service.scpd.url == (try expected.SCPDURL_resolved.map { try HTTPURL($0) }))
            let device = description.devices[service.device]
            #expect(device.depth == expected.depth)
            #expect(device.type == expected.parent_device_type)
            #expect(device.udn == expected.parent_UDN)
        }
    }

    @Test("connection services are listed in document order and ranked (D-6)", arguments: readable)
    func connectionServices(item: CorpusItem) throws {
        let (facts, description) = try read(item)
        let found = description.services.filter { UPnPType($0.type)?.connectionRank != nil }
        let expected = try #require(facts.wan_connection_services)
        #expect(found.map(\.type) == expected.map(\.serviceType))
        #expect(found.map { $0.control.url != nil } == expected.map(\.allowed))
        let preferred = try #require(facts.preferred_control_urls).map { try HTTPURL($0) }
        #expect(description.connectionServices.compactMap(\.control.url) == preferred)
    }

    @Test("what must be refused is refused (T-2, D-9)", arguments: refused)
    func refusal(item: CorpusItem) throws {
        #expect(throws: DescriptionError.self) { try read(item) }
    }

    @Test(
        "what is not well-formed is reported or read without the damage (D-1)", arguments: doubtful)
    func damage(item: CorpusItem) throws {
        let facts: DescriptionFacts = try item.expected()
        let acceptable = try #require(facts.acceptable)
        do {
            let (_, description) = try read(item)
            let expected = try #require(facts.lenient_result)
            let urls = description.connectionServices.compactMap { $0.control.url?.description }
            #expect(urls == expected.preferred_control_urls)
            #expect(description.root.friendlyName == expected.friendlyName)
        } catch let error as DescriptionError {
            guard case .xml(.malformed(let line, _)) = error else {
                Issue.record(error)
                return
            }
            #expect(acceptable.contains("report-malformed"))
            #expect(line > 0)
        }
    }
}
