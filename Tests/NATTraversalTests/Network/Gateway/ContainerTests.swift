import Testing

@testable import NATTraversal

@Suite("A container") struct ContainerTests {
    @Test(
        "shows in the paths of its control groups",
        arguments: [
            ("0::/\n", false), ("0::/user.slice/user-1000.slice/session-2.scope\n", false),
            ("12:pids:/docker/3f2a\n11:cpu:/docker/3f2a\n", true),
            ("0::/kubepods.slice/kubepods-pod1.slice\n", true), ("0::/lxc.payload.web\n", true),
            ("0::/machine.slice/libpod-17.scope\n", true), ("0::/libpod/17\n", true), ("", false),
        ])
    func groups(text: String, isContainer: Bool) {
        #expect(Container.isContainer(groups: text) == isContainer)
    }

    @Test(
        "is behind a bridge by a pair of interfaces or a tunnel, and not on the LAN itself",
        arguments: [
            ("veth", true), ("tun", true), ("macvlan", false), ("ipvlan", false), (nil, false),
        ] as [(String?, Bool)])
    func kinds(kind: String?, isBehindBridge: Bool) {
        #expect(Container.isBehindBridge(kind: kind) == isBehindBridge)
    }

    @Test("the kernel tells an interface's kind in the attribute of its link's information")
    func readsKind() throws {
        // The name, then IFLA_LINKINFO with IFLA_INFO_KIND in it.
        let attributes = bytes("09000300 65746830 00000000 10001200 09000100 76657468 00000000")
        let body = bytes("00000100 02000000 03100100 00000000") + attributes
        let message = try KernelVectors.message(
            [UInt8(16 + body.count), 0, 0, 0, 16, 0, 0, 0] + bytes("07000000 46270000") + body)
        #expect(try InterfaceLink.kind(parsing: message) == "veth")
        #expect(
            try InterfaceLink.kind(parsing: KernelVectors.message(KernelVectors.link)) == nil)
    }
}
