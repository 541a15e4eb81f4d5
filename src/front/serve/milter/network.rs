//! Ranges of addresses, as CIDR (RFC 4632) writes them.

use anyhow::{Context, ensure};
use serde::Deserialize;
use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::front::serve) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether the address lies in it. An IPv4 address that is written as IPv6 is one of IPv4.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(address)) => same(net.to_bits(), address.to_bits(), self.bits),
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let shift = 128_u32.saturating_sub(self.bits);
                (net.to_bits() ^ address.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

fn same(one: u32, other: u32, bits: u32) -> bool {
    (one ^ other).checked_shr(32_u32.saturating_sub(bits)).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr =
            address.parse().with_context(|| format!("`{text}` is no address or network"))?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), str::parse).with_context(|| format!("`{text}` is no network"))?;
        ensure!(bits <= all, "`{text}`: more than {all} bits");
        let network = Self { address, bits };
        ensure!(address == address.to_canonical(), "`{text}`: write it as an IPv4 network");
        ensure!(network.is_whole(all), "`{text}`: bits are set behind the first {bits}");
        Ok(network)
    }
}

impl Network {
    /// Whether nothing is set behind the prefix: such a network is mostly a slip.
    fn is_whole(&self, all: u32) -> bool {
        let behind = all.saturating_sub(self.bits);
        match self.address {
            IpAddr::V4(address) => address.to_bits().trailing_zeros() >= behind,
            IpAddr::V6(address) => address.to_bits().trailing_zeros() >= behind,
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|error: anyhow::Error| format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exception::server;

    #[test]
    fn addresses_lie_in_their_networks() {
        let rows = [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/32", "IPv6:2001:db8::1", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false),
            ("::1", "::1", true),
        ];
        for (network, address, want) in rows {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.holds(server(address).unwrap()), want, "{network:?} {address}");
        }
        assert_eq!(server("unknown"), None);
    }

    #[test]
    fn slips_are_refused() {
        let rows =
            ["", "192.0.2", "192.0.2.0/33", "192.0.2.1/24", "2001:db8::1/64", "::/129", "a.test", "1.2.3.4/"];
        for text in rows {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!("::ffff:192.0.2.0/120".parse::<Network>().is_err());
    }
}
