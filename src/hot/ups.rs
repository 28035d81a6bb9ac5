//! The UPS that are asked over the network, as the owner configured them.

/// A UPS of a server of Network UPS Tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpsServer {
    /// As the configuration has it, and as labels show it: `ups@host`.
    pub name: String,
    /// The name of the UPS at its server.
    pub ups: String,
    /// The server's name or address.
    pub host: String,
    /// The server's port; `None` is the usual one.
    pub port: Option<u16>,
}

/// What the owner configured for UPS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpsConfig {
    /// The UPS that are asked.
    pub servers: Vec<UpsServer>,
}

/// Characters of a name at most: a label is not longer.
const NAME_CHARS_MAX: usize = 128;

impl UpsServer {
    /// Reads `ups@host`, `ups@host:port` or `ups@[address]:port`; `None` for anything else.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (ups, place) = name.split_once('@')?;
        let is_plain = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_graphic());
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let port = match port.map(str::parse) {
            Some(Ok(0) | Err(_)) => return None,
            Some(Ok(port)) => Some(port),
            None => None,
        };
        let fits = is_plain(ups) && is_plain(host) && !host.contains('@') && name.len() <= NAME_CHARS_MAX;
        fits.then(|| Self { name: name.to_owned(), ups: ups.to_owned(), host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ups_is_named_with_its_server() {
        let read = |name: &str| UpsServer::parse(name).map(|server| (server.ups, server.host, server.port));
        let said = |ups: &str, host: &str, port| Some((ups.to_owned(), host.to_owned(), port));
        assert_eq!(read("ups@nas"), said("ups", "nas", None));
        assert_eq!(read("ups@nas:4000"), said("ups", "nas", Some(4000)));
        assert_eq!(read("ups@[::1]"), said("ups", "::1", None));
        assert_eq!(read("ups@[fe80::1]:3493"), said("ups", "fe80::1", Some(3493)));
        for name in [
            "",
            "ups",
            "@nas",
            "ups@",
            "ups@nas:",
            "ups@nas:0",
            "ups@nas:65536",
            "u s@nas",
            "a@b@c",
            "ups@[::1]x",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
        assert_eq!(read(&format!("ups@{}", "x".repeat(200))), None);
        assert_eq!(read("ups\nBEGIN@nas"), None, "nothing that would be a second question");
    }
}
