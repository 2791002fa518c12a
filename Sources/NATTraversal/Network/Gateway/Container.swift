import Glibc
import NATTraversalSupport

/// Whether this process is in a container whose network is a bridge on the container's host.
///
/// The default route there leads to the host, which routes and maps nothing, and no multicast comes
/// through.
enum Container {
    /// Files that Docker and Podman make in their containers.
    private static let markers = ["/.dockerenv", "/run/.containerenv"]

    /// Names in the paths of control groups of containers.
    private static let groups = ["/docker", "/kubepods", "/libpod", "/lxc", "/containerd"]

    /// The kinds of interfaces that join a container to its host.
    ///
    /// Others, or none, mean that the container is on the LAN itself or uses its host's network.
    private static let bridged: Set<String> = ["veth", "tun"]

    /// Whether the interface that has an address of this host leads to a bridge of the container's
    /// host.
    static func isBehindBridge(_ address: IPAddress) -> Bool {
        guard isContainer else { return false }
        do throws(SystemError) {
            var tables = try KernelTables()
            let own = try tables.addresses(address.family).first { $0.address == address }
            guard let own else { return false }
            return isBehindBridge(kind: try tables.linkKind(index: own.interfaceIndex))
        } catch {
            return false
        }
    }

    /// Whether an interface of this kind leads to a bridge.
    static func isBehindBridge(kind: String?) -> Bool { kind.map(bridged.contains) ?? false }

    /// Whether this process is in a container.
    private static var isContainer: Bool {
        markers.contains { unsafe access($0, F_OK) == 0 }
            || isContainer(groups: ownControlGroups)
    }

    /// Whether the text of /proc/self/cgroup names a container.
    static func isContainer(groups text: String) -> Bool {
        groups.contains { text.firstPlace(of: $0) != nil }
    }

    private static var ownControlGroups: String {
        (try? KernelTables.read("/proc/self/cgroup")) ?? ""
    }
}
