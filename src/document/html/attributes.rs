//! What the attributes of tags say.

use crate::kind::{Class, Kind};
use html5ever::tokenizer::Tag;

/// Attributes that lead somewhere.
pub(super) const LEADING: &[&str] =
    &["href", "src", "data", "action", "formaction", "to", "values", "from", "background"];

/// A tag's attributes.
pub(super) struct Attributes<'a>(pub(super) &'a Tag);

impl Attributes<'_> {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let is_it = |known: &str| local(known).eq_ignore_ascii_case(name);
        let found = self.0.attrs.iter().find(|attribute| is_it(&attribute.name.local));
        found.map(|attribute| &*attribute.value)
    }
}

/// The name of an attribute without the prefix of links.
pub(super) fn local(name: &str) -> &str {
    match name.split_once(':') {
        Some((prefix, local)) if prefix.eq_ignore_ascii_case("xlink") => local,
        _ => name,
    }
}

/// The language of a script; none for data that browsers do not run.
pub(super) fn language(attributes: &Attributes) -> Option<&'static str> {
    let said =
        attributes.value("language").or(attributes.value("type")).unwrap_or_default().to_ascii_lowercase();
    let kind = attributes.value("type").unwrap_or_default().to_ascii_lowercase();
    let is_data =
        ["json", "template", "text/html", "text/plain", "importmap", "text/x-", "application/xml", "math/"]
            .iter()
            .any(|word| kind.contains(word));
    if said.contains("vb") || kind.contains("vb") {
        return Some("vbs");
    }
    (!is_data).then_some("js")
}

/// Where a refresh leads: `5; url=…`.
pub(super) fn refresh(content: &str) -> Option<&str> {
    let at = content.to_ascii_lowercase().find("url")?;
    let after = content.get(at + 3..)?.trim_start().strip_prefix('=')?;
    Some(after.trim().trim_matches(['"', '\'']))
}

pub(super) fn is_remote(url: &str) -> bool {
    let url = url.trim_start();
    let starts =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http:") || starts("https:") || starts("//") || starts("\\\\") || starts("ftp:")
}

/// The URL without its path.
pub(super) fn host_and_scheme(url: &str) -> &str {
    let url = url.trim();
    let host = url.find("//").map_or(0, |at| at + 2);
    let end = url.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| host + at);
    url.get(..end).unwrap_or_default()
}

/// Whether the name of a field, in lower case, is that of a password or of the number of a card.
pub(super) fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
    SECRETS.iter().any(|secret| plain.contains(secret))
        || ["pwd", "pswd", "cvv", "cvc", "cvv2"].contains(&name)
}

const SECRETS: &[&str] =
    &["passw", "cardnumber", "ccnumber", "ccnum", "カード番号", "パスワード", "暗証番号"];

/// Whether a style turns letters into dots.
pub(super) fn shows_dots(style: &str) -> bool {
    let lower = style.to_ascii_lowercase();
    lower
        .split_once("text-security")
        .is_some_and(|(_, kind)| !kind.trim_start_matches([':', ' ']).starts_with("none"))
}

/// Whether the path of an address ends in a file that runs or holds files.
pub(super) fn is_file_to_run(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("//").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let kind = Kind::by_name(path).filter(|_| !path.ends_with(".com"));
    kind.is_some_and(|kind| kind.runs() || kind.class == Class::Archive)
}

/// Whether an object is one of the players of old pages. These say by rote where to get the player.
pub(super) fn is_player(attributes: &Attributes) -> bool {
    const PLAYERS: &[&str] = &[
        "d27cdb6e-ae6d-11cf-96b8-444553540000", // Flash
        "166b1bca-3f9c-11cf-8075-444553540000", // Shockwave
        "8ad9c840-044e-11d1-b3e9-00805f499d93", // Java
        "02bf25d5-8c17-4b23-bc80-d3488abddc6b", // QuickTime
        "22d6f312-b0f6-11d0-94ab-0080c74c7e95", // Windows Media Player 6
        "6bf52a52-394a-11d3-b153-00c04f79faa6", // Windows Media Player 7
        "cfcdaa03-8be4-11cf-b84b-0020afbbccfa", // RealPlayer
    ];
    let class = attributes.value("classid").unwrap_or_default().to_ascii_lowercase();
    PLAYERS.iter().any(|player| class.contains(player))
}
