//! Which addresses may be contacted. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How an address may be contacted. The most restricted class is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AddressClass {
    /// On the Internet.
    Public,
    /// In a private network or on this machine; contacted only with `--allow-private`.
    Private(&'static str),
    /// Never contacted: instance metadata and addresses without a host.
    Forbidden(&'static str),
}

use AddressClass::{Forbidden, Private, Public};

/// Checks every address of a name, because a name may have both public and private ones to get past
/// a check of the first.
///
/// # Errors
/// Returns which address is refused and why.
pub(crate) fn ensure_permitted(addresses: &[IpAddr], allow_private: bool) -> Result<(), String> {
    let classes = || addresses.iter().map(|address| (address, class(*address)));
    for (address, class) in classes() {
        match class {
            Forbidden(why) => return Err(format!("{address} is {why}, which is never contacted")),
            Private(why) if !allow_private => {
                return Err(format!("{address} is {why}, which is contacted only with --allow-private"));
            }
            Private(_) | Public => {}
        }
    }
    let public = classes().find(|(_, class)| *class == Public);
    let private = classes().find(|(_, class)| *class != Public);
    match (public, private) {
        (Some((public, _)), Some((private, _))) => Err(format!(
            "it has both public and private addresses ({public}, {private}), so none is contacted"
        )),
        _ => Ok(()),
    }
}

/// The class of an address. An IPv6 address that contains an IPv4 address is as restricted as that.
pub(crate) fn class(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => of_v6(address),
    }
}

/// After IANA's registry of special-purpose IPv4 addresses.
fn of_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        [0, ..] => Forbidden("an unspecified address"),
        [169, 254, ..] => Forbidden("a link-local address"),
        [224..=239, ..] => Forbidden("a multicast address"),
        [255, 255, 255, 255] => Forbidden("the broadcast address"),
        [240..=255, ..] => Forbidden("a reserved address"),
        [127, ..] => Private("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Private("a private address"),
        [100, 64..=127, ..] => Private("a shared address"),
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => Private("a special-purpose address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Private("a documentation address"),
        _ => Public,
    }
}

/// After IANA's registry of special-purpose IPv6 addresses. Only `2000::/3` is public.
fn of_v6(address: Ipv6Addr) -> AddressClass {
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => return Forbidden("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => return Private("a loopback address"),
        [0xfe80..=0xfebf, ..] => return Forbidden("a link-local address"),
        [0xff00..=0xffff, ..] => return Forbidden("a multicast address"),
        // Instance, container and Pod metadata, time and DNS of AWS; metadata of Google Cloud.
        [0xfd00, 0xec2, ..] | [0xfd20, 0xce, ..] => return Forbidden("a metadata address"),
        _ => {}
    }
    let native = match segments {
        [0xfc00..=0xfdff, ..] => Private("a private address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Private("a documentation address"),
        // Teredo, and other protocol assignments.
        [0x2001, 0..=0x1ff, ..] => Private("a special-purpose address"),
        [0x2000..=0x3fff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0xffff, ..] => Public,
        _ => Private("a special-purpose address"),
    };
    embedded(segments).into_iter().map(of_v4).fold(native, AddressClass::max)
}

/// The IPv4 addresses that traffic to an IPv6 address may go to.
fn embedded(segments: [u16; 8]) -> Vec<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let [_, first, second, .., high, low] = segments;
    match segments {
        // Compatible, mapped, translated and NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, ..] => {
            vec![v4(high, low)]
        }
        // 6to4.
        [0x2002, ..] => vec![v4(first, second)],
        // Teredo: the server, and the client's address, whose bits are inverted.
        [0x2001, 0, server_high, server_low, ..] => vec![v4(server_high, server_low), v4(!high, !low)],
        // ISATAP.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => vec![v4(high, low)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
        169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 \
        192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2600::1 2a05:d018::1 2001:200::1 \
        ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1 2400:cb00::1";
    const PRIVATE: &str = "10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 172.16.0.0 \
        172.31.255.255 192.0.0.1 192.0.2.1 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 \
        203.0.113.1 ::1 fc00::1 fdff::1 fd00::1 fec0::1 2001:db8::1 3fff::1 100::1 ::8.8.8.8 \
        ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 2002:a00:1::1 \
        2001:0:808:808::f7f7:f7f7 4000::1";
    const FORBIDDEN: &str = "0.0.0.0 0.1.2.3 169.254.0.1 169.254.169.254 169.254.170.2 169.254.255.255 224.0.0.1 \
        239.255.255.255 240.0.0.1 255.255.255.255 :: fe80::1 febf::1 ff02::1 fd00:ec2::254 \
        fd00:ec2::23 fd20:ce::254 ::ffff:169.254.169.254 ::169.254.169.254 \
        ::ffff:0:169.254.169.254 64:ff9b::169.254.169.254 64:ff9b:1::169.254.169.254 \
        2002:a9fe:a9fe::1 2001:0:a9fe:a9fe:: 2001:0:808:808::5601:5601 \
        2600::5efe:169.254.169.254 ::ffff:0.0.0.0";

    fn class_of(address: &str) -> u8 {
        match class(address.parse().unwrap()) {
            Public => 0,
            Private(_) => 1,
            Forbidden(_) => 2,
        }
    }

    #[test]
    fn every_special_purpose_address_is_restricted() {
        for (restriction, addresses) in [(0, PUBLIC), (1, PRIVATE), (2, FORBIDDEN)] {
            for address in addresses.split_whitespace() {
                assert_eq!(class_of(address), restriction, "{address}");
            }
        }
    }

    #[test]
    fn every_address_of_a_name_is_checked() {
        for (addresses, without, with) in [
            (&["1.1.1.1", "2600::1"][..], true, true),
            (&["127.0.0.1", "::1", "10.0.0.1"], false, true),
            (&["1.1.1.1", "10.0.0.1"], false, false),
            (&["10.0.0.1", "1.1.1.1"], false, false),
            (&["1.1.1.1", "169.254.169.254"], false, false),
            (&["10.0.0.1", "fe80::1"], false, false),
            (&["169.254.169.254"], false, false),
        ] {
            let addresses: Vec<IpAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
            assert_eq!(ensure_permitted(&addresses, false).is_ok(), without, "{addresses:?}");
            assert_eq!(ensure_permitted(&addresses, true).is_ok(), with, "{addresses:?}");
        }
    }
}
