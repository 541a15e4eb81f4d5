//! Where an address in a document leads: into the own house, to a service that offices keep their files on, or to a
//! stranger.

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// This machine, this document, the own network, or the office's file service.
    Home,
    /// A web server of somebody.
    Web,
    /// A file server of somebody, which also gets the password of the user in a form that can be broken.
    Server,
    /// A moniker or a protocol that makes Windows run what it fetches.
    Moniker,
}

/// Services on which offices keep their templates and linked tables.
const SERVICES: &[&str] = &[
    "sharepoint.com",
    "sharepoint.cn",
    "sharepoint-df.com",
    "office.com",
    "office.net",
    "office365.com",
    "officeapps.live.com",
    "microsoft.com",
    "d.docs.live.net",
    "onedrive.live.com",
];

/// Schemes that hand what they name to something that runs it, or that reach into a file as such.
const MONIKERS: &[&str] = &[
    "mhtml",
    "mk",
    "ms-its",
    "its",
    "script",
    "scriptletfile",
    "x-usc",
    "ms-msdt",
    "search-ms",
    "search",
    "vbscript",
    "javascript",
    "soap",
    "wsdl",
    "ms-appinstaller",
    "ms-officecmd",
    "ms-settings",
    "ms-cxh",
    "shell",
    "res",
    "view-source",
    "ms-search",
];

/// Ends of the names of file servers inside a house.
const INSIDE: &[&str] = &[
    "local",
    "lan",
    "corp",
    "internal",
    "intra",
    "intranet",
    "home",
    "localdomain",
    "ad",
    "private",
    "localhost",
];

/// Services that give anybody a name for a server of his own.
const TUNNELS: &[&str] = &[
    "ngrok.io",
    "ngrok-free.app",
    "trycloudflare.com",
    "duckdns.org",
    "no-ip.org",
    "ddns.net",
    "serveo.net",
];

/// Places on the web that anybody gets at once and without a name: for pages and for what they load.
const RENTED: &[&str] = &[
    "web.app",
    "firebaseapp.com",
    "pages.dev",
    "workers.dev",
    "r2.dev",
    "netlify.app",
    "vercel.app",
    "glitch.me",
    "dweb.link",
    "ipfs.io",
    "surge.sh",
    "onrender.com",
    "replit.app",
    "repl.co",
    "000webhostapp.com",
    "infinityfreeapp.com",
];

impl Place {
    /// Where an address leads.
    pub(super) fn of(address: &str) -> Self {
        let address = address.trim().to_lowercase().replace('\\', "/");
        if address.ends_with('!') || address.contains("!x-usc:") {
            return Self::Moniker;
        }
        let (scheme, rest) = match address.split_once(':') {
            Some((scheme, rest)) if scheme.len() > 1 && !scheme.contains('/') => (scheme, rest),
            _ => ("file", address.as_str()),
        };
        match scheme {
            "url" | "about" => Self::of(rest),
            "http" | "https" | "ftp" => web(rest),
            "file" => server(rest),
            _ if MONIKERS.contains(&scheme) => Self::Moniker,
            _ => Self::Home,
        }
    }

    /// Whether it leads to a stranger.
    pub(super) fn is_foreign(self) -> bool {
        self != Self::Home
    }
}

/// Whether a web address, or a path on a server, names its host by a public number: no office gives one to others.
pub(super) fn is_numbered(address: &str) -> bool {
    let address = address.trim().to_lowercase().replace('\\', "/");
    let is_foreign = matches!(Place::of(&address), Place::Web | Place::Server);
    let rest = address.split_once("//").map_or("", |(_, rest)| rest);
    let host = host(rest);
    let bare = host.strip_prefix("0x").unwrap_or(&host);
    let is_hex = bare.len() < host.len() && bare.chars().all(|c| c.is_ascii_hexdigit());
    let is_version_6 = host.starts_with('[');
    is_foreign
        && !host.is_empty()
        && (is_version_6 || is_hex || host.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// Whether a web address leads to a place that anybody gets at once.
pub(super) fn is_rented(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let host = host(&rest.to_lowercase());
    TUNNELS.iter().chain(RENTED).any(|end| ends_in(&host, end))
}

/// A web address without its scheme.
fn web(rest: &str) -> Place {
    let host = host(rest);
    let is_service = SERVICES.iter().any(|service| ends_in(&host, service));
    if is_service || is_inside(&host) { Place::Home } else { Place::Web }
}

/// A path after `file:`, or a bare one: slashes, then the name of a server, if any.
fn server(rest: &str) -> Place {
    let slashes = rest.chars().take_while(|c| *c == '/').count();
    let told = rest.trim_start_matches('/');
    let is_drive = told.as_bytes().get(1) == Some(&b':');
    if slashes < 2 || is_drive {
        return Place::Home;
    }
    let written = told.split('/').next().unwrap_or_default();
    let host = host(&format!("//{told}"));
    let is_web_dav = written.contains('@') || told.contains("/davwwwroot");
    if is_inside(&host) || SERVICES.iter().any(|service| ends_in(&host, service)) {
        return Place::Home;
    }
    // The servers of a house bear names of three parts and more: machine, department, house.
    let is_name = host.parse::<std::net::Ipv4Addr>().is_err();
    let is_house = is_name && host.split('.').count() > 2 && !TUNNELS.iter().any(|end| ends_in(&host, end));
    if is_house && !is_web_dav { Place::Home } else { Place::Server }
}

/// The name of the host in `//user@host:port/path`; for a share, `host@SSL@443`.
fn host(rest: &str) -> String {
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once('@') {
        Some((host, port)) if port == "ssl" || port.chars().all(|c| c.is_ascii_digit()) => host,
        Some((_, host)) => host,
        None => authority,
    };
    let host = host.split('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default().trim_end_matches('.').to_string()
}

/// Whether a host is of the own network: a bare name, one that ends like an inner one, a private address.
fn is_inside(host: &str) -> bool {
    // Of an address of version 6 the first group is left.
    if let Some(group) = host.strip_prefix('[') {
        return group.is_empty() || ["fe80", "fc", "fd"].iter().any(|own| group.starts_with(own));
    }
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_private() || address.is_loopback() || address.is_link_local();
    }
    let number =
        host.strip_prefix("0x").map_or_else(|| host.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
    let end = host.rsplit('.').next().unwrap_or_default();
    number.is_none() && (!host.contains('.') || INSIDE.contains(&end))
}

fn ends_in(host: &str, end: &str) -> bool {
    host.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_where_their_hosts_say() {
        for (address, place) in [
            ("http://a.example/t.dotm", Place::Web),
            ("HTTPS://203.0.113.9/x", Place::Web),
            ("http://user:pass@evil.example:8080/x", Place::Web),
            ("http://microsoft.com@evil.example/x", Place::Web),
            ("http://3405803785/x", Place::Web),
            ("https://company.sharepoint.com/sites/x.dotx", Place::Home),
            ("https://d.docs.live.net/1234/x.dotx", Place::Home),
            ("http://intranet/templates/x.dotx", Place::Home),
            ("http://192.168.1.4/x.dotx", Place::Home),
            ("file:///\\\\server\\share\\x.dotx", Place::Home),
            ("file:///C:\\Program%20Files\\x.dot", Place::Home),
            ("C:\\Users\\x.dotx", Place::Home),
            ("Normal.dotm", Place::Home),
            ("\\\\192.168.0.10\\share\\x.dot", Place::Home),
            ("\\\\fs01.company.example\\share\\x.dot", Place::Home),
            ("\\\\company.local\\share\\x.dot", Place::Home),
            ("\\\\203.0.113.9\\share\\x.dot", Place::Server),
            ("\\\\evil.example\\share\\x.dot", Place::Server),
            ("file://evil.example/share/x.dot", Place::Server),
            ("\\\\a.b.evil.example@SSL\\DavWWWRoot\\x.dot", Place::Server),
            ("file://\\\\evil.example@80\\x", Place::Server),
            ("mhtml:http://evil.example/x!x-usc:http://evil.example/x", Place::Moniker),
            ("http://evil.example/x.html!", Place::Moniker),
            ("script:http://evil.example/x.sct", Place::Moniker),
            ("mk:@MSITStore:\\\\evil.example\\x.chm::/x", Place::Moniker),
            ("", Place::Home),
        ] {
            assert_eq!(Place::of(address), place, "{address}");
        }
    }

    #[test]
    fn places_for_anybody_are_known() {
        assert!(is_rented("https://view-document.pages.dev/x") && is_rented("http://a.b.trycloudflare.com"));
        assert!(!is_rented("https://pages.dev.example/") && !is_rented("https://a.example/pages.dev"));
    }

    #[test]
    fn numbers_for_names_are_those_of_strangers() {
        for yes in [
            "http://203.0.113.9/x",
            "https://u@203.0.113.9:80/x",
            "http://3405803785/x",
            "http://0xcb007109/x",
            "http://[2001:db8::1]/x",
        ] {
            assert!(is_numbered(yes), "{yes}");
        }
        assert!(is_numbered("file:///\\\\203.0.113.9\\s\\x") && is_numbered("\\\\203.0.113.9\\s"));
        for no in [
            "http://[::1]/x",
            "http://[fe80::1]:80/x",
            "http://192.168.1.4/x",
            "http://a.example/x",
            "http://dead.example/",
            "203.0.113.9",
            "",
        ] {
            assert!(!is_numbered(no), "{no}");
        }
    }
}
