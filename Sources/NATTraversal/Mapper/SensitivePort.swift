/// Services that were never meant for the Internet, or that scanners look for first (T-11).
enum SensitivePort {
    private static let services: [UInt16: String] = [
        21: "FTP", 22: "SSH", 23: "Telnet", 25: "SMTP", 53: "DNS", 111: "RPC", 135: "RPC",
        137: "NetBIOS", 138: "NetBIOS", 139: "NetBIOS", 161: "SNMP", 389: "LDAP", 445: "SMB",
        1433: "SQL Server", 1900: "SSDP", 2049: "NFS", 2375: "Docker", 3306: "MySQL", 3389: "RDP",
        5353: "mDNS", 5432: "PostgreSQL", 5900: "VNC", 6379: "Redis", 9200: "Elasticsearch",
        11211: "memcached", 27017: "MongoDB",
    ]

    /// The service that is usually at a port; `nil` for any other port.
    static func service(at port: PortNumber) -> String? { services[port.rawValue] }
}
