//! Which names this machine answers to.
//!
//! A page from elsewhere can have its own name resolve to this machine and then read answers as its own (DNS
//! rebinding). The browser still says the foreign name in the `Host` header, so only known names are answered.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::{StatusCode, Version};

use crate::serve::Counter;
use crate::serve::handler::Response;

/// The names that the `Host` header may carry besides IP literals and `localhost`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostNames {
    /// In lower case, without a final dot.
    names: Vec<String>,
}

/// What is wrong with a request's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostFault {
    /// No `Host` header, several, or one that is no text.
    Missing,
    /// A name that is not this machine's.
    Foreign,
}

impl HostNames {
    /// Answers to `machine`, `machine.local` and the names in `configured`, in any case.
    pub fn new(machine: &str, configured: &[String]) -> Self {
        let machine = normal(machine);
        let mut names: Vec<String> = configured.iter().map(|name| normal(name)).collect();
        if !machine.is_empty() {
            names.push(format!("{machine}.local"));
            names.push(machine);
        }
        Self { names }
    }

    /// Whether an authority (`name`, `name:port`, `[v6]:port`) names this machine.
    pub fn admits(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else { return false };
        if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let host = host.strip_suffix('.').unwrap_or(host);
        host.parse::<Ipv4Addr>().is_ok()
            || host.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Checks the host of a request that came over TCP. A target in absolute form goes before the header (RFC 9112,
    /// section 3.2.2); HTTP/1.0 may come without either, since browsers always send one.
    pub(super) fn check(&self, head: &Parts) -> Result<(), HostFault> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.to_str().map_err(|_not_text| HostFault::Missing)?),
            (None, _) if head.version == Version::HTTP_10 => None,
            (None, _) | (Some(_), Some(_)) => return Err(HostFault::Missing),
        };
        let target = head.uri.authority().map(hyper::http::uri::Authority::as_str);
        match target.or(host) {
            Some(authority) if !self.admits(authority) => Err(HostFault::Foreign),
            Some(_) | None => Ok(()),
        }
    }
}

impl HostFault {
    pub(super) fn counter(self) -> Counter {
        match self {
            Self::Missing => Counter::HostMissing,
            Self::Foreign => Counter::HostRefused,
        }
    }

    pub(super) fn response(self) -> Response {
        match self {
            Self::Missing => {
                Response::sentence(StatusCode::BAD_REQUEST, "The request needs exactly one Host header.")
            }
            Self::Foreign => Response::sentence(
                StatusCode::MISDIRECTED_REQUEST,
                "This machine does not answer to that host name; use its address or its own name, or add the name to \
                 serve.hosts in hearth.toml.",
            ),
        }
    }
}

fn normal(name: &str) -> String {
    let name = name.trim();
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The host without its port; `None` where the port is not a number.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => authority.split_at(colon),
        Some(_) | None => (authority, ""),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    (port.bytes().all(|byte| byte.is_ascii_digit()) && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> HostNames {
        HostNames::new("Attic", &["hearth.example.".to_owned()])
    }

    #[test]
    fn addresses_localhost_and_own_names_are_admitted_with_and_without_a_port() {
        for host in [
            "127.0.0.1",
            "192.168.1.2:9110",
            "[::1]",
            "[fe80::1]:80",
            "localhost",
            "LocalHost.:9110",
            "attic",
            "ATTIC.local:1",
            "hearth.example",
            "hearth.example.:80",
        ] {
            assert!(names().admits(host), "{host}");
        }
    }

    #[test]
    fn foreign_names_and_malformed_hosts_are_refused() {
        for host in [
            "",
            ":80",
            "evil.example",
            "attic.evil.example",
            "127.0.0.1.evil.example",
            "localhost:80:80x",
            "attic:80x",
            "[::1",
            "[evil.example]",
            "::1",
            "attic@evil.example",
        ] {
            assert!(!names().admits(host), "{host}");
        }
    }

    #[test]
    fn a_machine_without_a_name_answers_to_no_empty_name() {
        let names = HostNames::new("", &[]);
        assert!(!names.admits("."));
        assert!(!names.admits(".local"));
    }
}
