//! EC2: VPC endpoints, network interfaces and security groups.

/// A VPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// `vpce-…`.
    pub id: String,
    /// Such as `com.amazonaws.eu-west-1.execute-api`.
    pub service_name: String,
    /// `VpcId`.
    pub vpc: String,
    /// `State`: `available`, `pending`, `deleted`, …
    pub state: String,
    /// The IDs of its security groups.
    pub security_groups: Vec<String>,
    /// The IDs of its network interfaces.
    pub interfaces: Vec<String>,
    /// `PolicyDocument`; `None` is full access, as AWS shows it.
    pub policy: Option<String>,
    /// `PrivateDnsEnabled`.
    pub private_dns: bool,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub id: String,
    /// `VpcId`.
    pub vpc: String,
    /// `InterfaceType`: `vpc_endpoint`, `interface`, …
    pub kind: String,
    /// An interface that AWS manages: only calls with `IncludeManagedResources` list it.
    pub managed: bool,
    /// `RequesterId`: `amazon-elb` for a load balancer's. Only AWS can set it, unlike the
    /// description.
    pub requester: Option<String>,
    /// `Description`, such as `ELB app/NAME/ID` or `VPC Endpoint Interface vpce-…`.
    pub description: String,
    /// The IDs of its security groups.
    pub security_groups: Vec<String>,
    /// `PrivateIpAddresses`, the primary one first.
    pub addresses: Vec<String>,
    /// `Ipv6Addresses`.
    pub ipv6_addresses: Vec<String>,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// `GroupName`.
    pub name: String,
    /// `VpcId`.
    pub vpc: String,
    /// `IpPermissions`. `IpPermissionsEgress` is always open.
    pub ingress: Vec<Permission>,
}

/// What a security group admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: String,
    /// First and last port; `None` if all ports.
    pub ports: Option<(u16, u16)>,
    /// IPv4 ranges.
    pub ranges: Vec<String>,
    /// IPv6 ranges.
    pub ipv6_ranges: Vec<String>,
    /// The IDs of security groups, with the account of each if it is another one.
    pub groups: Vec<(String, Option<String>)>,
    /// The IDs of prefix lists.
    pub prefix_lists: Vec<String>,
}

impl Permission {
    /// TCP on one port, without any source yet.
    pub fn tcp(port: u16) -> Self {
        Self {
            protocol: "tcp".into(),
            ports: Some((port, port)),
            ranges: Vec::new(),
            ipv6_ranges: Vec::new(),
            groups: Vec::new(),
            prefix_lists: Vec::new(),
        }
    }

    /// TCP on one port from a security group.
    pub fn from_group(port: u16, group: &str) -> Self {
        Self { groups: vec![(group.into(), None)], ..Self::tcp(port) }
    }

    /// TCP on one port from an IPv4 range.
    pub fn from_range(port: u16, range: &str) -> Self {
        Self { ranges: vec![range.into()], ..Self::tcp(port) }
    }

    /// Whether it admits TCP connections to this port from anyone.
    pub fn admits_port(&self, port: u16) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => self.ports.is_none_or(|(from, to)| (from..=to).contains(&port)),
            _ => false,
        }
    }
}
