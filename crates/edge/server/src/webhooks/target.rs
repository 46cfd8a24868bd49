//! Where webhooks may be sent: to addresses that everybody can reach, not into this machine or the
//! network that it stands in.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use catalog::CatalogError;
use url::{Host, Url};

use super::Failure;

/// An address that may be sent to, as far as its text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// All of it.
    pub url: Url,
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Reads an address. Plain HTTP is for private networks, where those are allowed.
pub fn parse(text: &str, allow_private: bool) -> Result<Target, CatalogError> {
    if text.trim().is_empty() {
        let message = format!("Webhook URL cannot be empty or just whitespace: '{text}'");
        return Err(CatalogError::invalid(message));
    }
    let url = Url::parse(text)
        .map_err(|error| CatalogError::invalid(format!("Invalid webhook URL '{text}': {error}")))?;
    let plain = url.scheme() == "http" && allow_private;
    if url.scheme() != "https" && !plain {
        return Err(CatalogError::invalid(format!(
            "Invalid webhook URL scheme: '{}'. Allowed schemes are: https.",
            url.scheme()
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CatalogError::invalid(
            "Webhook URL must not contain a name or a password: use the secret of the webhook.",
        ));
    }
    let host = url.host().map(|host| host.to_owned());
    match (host, url.port_or_known_default()) {
        (Some(host), Some(port)) => Ok(Target { host, port, url }),
        _ => {
            let message = format!("Webhook URL must include a hostname: '{text}'");
            Err(CatalogError::invalid(message))
        }
    }
}

/// The addresses behind a target, if all of them may be sent to.
pub async fn resolve(target: &Target, allow_private: bool) -> Result<Vec<SocketAddr>, Failure> {
    let addresses: Vec<SocketAddr> = match &target.host {
        Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(*ip), target.port)],
        Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(*ip), target.port)],
        Host::Domain(name) => {
            let found = tokio::net::lookup_host((name.as_str(), target.port)).await;
            let lost = |error| {
                Failure::Lost(format!("Cannot resolve Webhook URL hostname '{name}': {error}"))
            };
            found.map_err(lost)?.collect()
        }
    };
    for address in &addresses {
        check(target, address.ip(), allow_private)?;
    }
    match addresses.is_empty() {
        true => {
            Err(Failure::Lost(format!("Webhook URL hostname '{}' has no address", target.host)))
        }
        false => Ok(addresses),
    }
}

fn check(target: &Target, ip: IpAddr, allow_private: bool) -> Result<(), Failure> {
    let public = is_public(ip);
    if !public && !allow_private {
        return Err(Failure::Refused(format!(
            "Webhook URL must not resolve to a non-public IP address. '{}' resolves to {ip}.",
            target.host
        )));
    }
    if public && target.url.scheme() == "http" {
        return Err(Failure::Refused(format!(
            "Webhook URL must use https: '{}' resolves to {ip}, which is not in a private network.",
            target.host
        )));
    }
    Ok(())
}

/// Whether everybody can reach an address: what the registries of special addresses of IANA do not
/// say otherwise of. An address of version 6 that stands for one of version 4 is judged as that.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    const SPECIAL: [(Ipv4Addr, u32); 16] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
        (Ipv4Addr::new(168, 63, 129, 16), 32),
    ];
    !SPECIAL.iter().any(|(net, bits)| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= *bits)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    const SPECIAL: [(Ipv6Addr, u32); 5] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
        (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    ];
    // 2000::/3 is all that is given out; what is special in it is listed.
    let given_out = ip.segments()[0] & 0xe000 == 0x2000;
    given_out
        && !SPECIAL
            .iter()
            .any(|(net, bits)| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= *bits)
}

/// The address of version 4 that one of version 6 stands for: mapped, translated, or tunnelled.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0, 0, 0, 0, 0xffff, 0) => Some(of(g, h)),
        (0x64, 0xff9b, 0, 0, 0, 0) => Some(of(g, h)),
        (0x2002, ..) => Some(of(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values by `ipaddress.ip_address(x).is_global` of Python 3.11 over
    /// `_embedded_ipv4` of MLflow 3.17.2, `utils/validation.py`; the last five rows are stricter.
    #[test]
    fn special_addresses_are_not_public() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("172.15.255.255", true),
            ("172.32.0.1", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("2606:4700:4700::1111", true),
            ("2a00:1450:4001:81b::200e", true),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::808:808", true),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.2.1", false),
            ("192.168.0.1", false),
            ("198.18.0.1", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2002:a9fe:a9fe::1", false),
            ("2001:db8::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            // Groups, and the address at which one cloud answers its machines.
            ("224.0.0.1", false),
            ("ff02::1", false),
            ("168.63.129.16", false),
            ("::7f00:1", false),
            ("64:ff9b:1::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }

    #[tokio::test]
    async fn only_public_addresses_over_tls_are_sent_to() {
        for url in [
            "https://127.0.0.1/x",
            "https://127.1/x",
            "https://0x7f000001/x",
            "https://2130706433/x",
            "https://0177.0.0.1/x",
            "https://[::1]:8443/x",
            "https://[::ffff:10.0.0.1]/x",
            "https://localhost/x",
            "https://169.254.169.254/latest/meta-data",
        ] {
            let target = parse(url, false).unwrap();
            let error = resolve(&target, false).await.unwrap_err();
            assert!(matches!(error, Failure::Refused(_)), "{url}: {error}");
            resolve(&target, true).await.unwrap();
        }
        for url in [
            "http://8.8.8.8/x",
            "ftp://8.8.8.8",
            "file:///etc/passwd",
            "x",
            " ",
            "https://",
            "https://user:pass@8.8.8.8/",
        ] {
            parse(url, false).unwrap_err();
        }
        let public = parse("https://8.8.8.8/x", false).unwrap();
        assert_eq!(resolve(&public, false).await.unwrap(), ["8.8.8.8:443".parse().unwrap()]);
        let plain = parse("http://8.8.8.8/x", true).unwrap();
        assert!(matches!(resolve(&plain, true).await, Err(Failure::Refused(_))));
    }
}
