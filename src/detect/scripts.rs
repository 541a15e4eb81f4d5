//! Pages and scripts seen with everything that was found in them: what one layer decodes the next one may run.

use crate::artifact::{Artifact, Fact, Sign, Tree};
use crate::kind::{Class, extension};

/// A page or script that a person opens, and all that came out of it.
pub(super) struct Bundle<'a> {
    /// The page or script.
    pub(super) holder: &'a Artifact,
    members: Vec<&'a Artifact>,
}

/// The pages of a tree that were sent as files. The text of a mail is none, but that of a web archive is.
pub(super) fn pages(tree: &Tree) -> Vec<Bundle<'_>> {
    bundles(tree, |artifact| {
        let is_sent = artifact.via != "body" || is_of_web_archive(tree, artifact);
        matches!(artifact.kind.id, "html" | "svg") && is_sent
    })
}

/// Whether a text is the page of a web archive (`.mht`), which is written like a mail and opens in a browser.
fn is_of_web_archive(tree: &Tree, artifact: &Artifact) -> bool {
    let holder = artifact.parent.and_then(|parent| tree.get(parent));
    let is_named = |holder: &Artifact| matches!(extension(&holder.name).as_str(), "mht" | "mhtml");
    holder.is_some_and(|holder| is_named(holder) || holder.kind.id == "eml" && was_saved(holder))
}

/// Whether what is written like a mail was never one: browsers say that they saved it, Office names nobody.
fn was_saved(holder: &Artifact) -> bool {
    let was_sent = ["to", "cc", "received", "message-id"].iter().any(|name| holder.header(name).is_some());
    !was_sent && holder.header("from").is_none_or(|from| from.starts_with("<Saved by"))
}

/// The scripts of a tree that run outside of a browser.
pub(super) fn scripts(tree: &Tree) -> Vec<Bundle<'_>> {
    let is_script = |artifact: &Artifact| {
        matches!(artifact.kind.id, "js" | "vbs" | "ps1" | "bat" | "vbe" | "hta" | "wsf")
            && !artifact.via.starts_with("pdf")
    };
    let mut found = bundles(tree, is_script);
    let in_page = |bundle: &Bundle| {
        tree.ancestors(bundle.holder.id).any(|above| matches!(above.kind.id, "html" | "svg" | "pdf" | "vba"))
    };
    found.retain(|bundle| !in_page(bundle));
    found
}

/// Artifacts that pass and stand in no other that does, each with all below it.
fn bundles(tree: &Tree, is_holder: impl Fn(&Artifact) -> bool) -> Vec<Bundle<'_>> {
    let holders = tree.iter().filter(|artifact| is_holder(artifact));
    let outer = holders.filter(|artifact| !tree.ancestors(artifact.id).any(&is_holder));
    let mut found: Vec<Bundle> = outer.map(|holder| Bundle { holder, members: vec![holder] }).collect();
    if found.is_empty() {
        return found;
    }
    for artifact in tree.iter() {
        let mut above = tree.ancestors(artifact.id);
        let place =
            above.find_map(|above| found.binary_search_by_key(&above.id, |bundle| bundle.holder.id).ok());
        if let Some(bundle) = place.and_then(|place| found.get_mut(place)) {
            bundle.members.push(artifact);
        }
    }
    found
}

impl<'a> Bundle<'a> {
    /// The page or script and all that came out of it.
    pub(super) fn members(&self) -> impl Iterator<Item = &'a Artifact> {
        self.members.iter().copied()
    }

    /// The first place that shows a sign, and its words.
    pub(super) fn first(&self, wanted: Sign) -> Option<&'a str> {
        self.all(wanted).next()
    }

    /// The words of every place that shows a sign.
    pub(super) fn all(&self, wanted: Sign) -> impl Iterator<Item = &'a str> {
        let facts = self.members.iter().flat_map(|artifact| artifact.facts.iter());
        facts.filter_map(move |fact| match fact {
            Fact::Sign { sign, text, .. } if *sign == wanted => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether any place shows a sign.
    pub(super) fn has(&self, wanted: Sign) -> bool {
        self.first(wanted).is_some()
    }

    /// Where the pages lead by that relation.
    pub(super) fn leads(&self, wanted: &'static str) -> impl Iterator<Item = &'a str> {
        let facts = self.members.iter().flat_map(|artifact| artifact.facts.iter());
        facts.filter_map(move |fact| match fact {
            Fact::External { relation, target } if relation == wanted => Some(target.as_str()),
            _ => None,
        })
    }

    /// Layers that were decoded out of text.
    pub(super) fn decoded(&self) -> impl Iterator<Item = &'a Artifact> {
        self.members().filter(|artifact| artifact.via == "encoded")
    }

    /// A file written as text that holds or runs something. Archives of nothing but data and pictures are how some
    /// reports carry their tables.
    pub(super) fn payload(&self, tree: &Tree) -> Option<&'a Artifact> {
        let is_file = |artifact: &&Artifact| match artifact.kind.class {
            Class::Archive => {
                !matches!(artifact.kind.id, "gzip" | "tar" | "zstd" | "bzip2") && !is_quiet(tree, artifact)
            }
            Class::Program | Class::Shortcut => true,
            Class::Document => matches!(
                artifact.kind.id,
                "doc"
                    | "xls"
                    | "ppt"
                    | "docx"
                    | "xlsx"
                    | "pptx"
                    | "ole"
                    | "onenote"
                    | "rtf"
                    | "encrypted-office"
            ),
            Class::Script => matches!(artifact.kind.id, "vbs" | "bat" | "ps1" | "hta" | "wsf" | "vbe"),
            _ => false,
        };
        self.members().filter(|artifact| matches!(artifact.via, "encoded" | "html-data")).find(is_file)
    }

    /// What the page shows its reader, in characters.
    pub(super) fn shown(&self) -> usize {
        let texts = self
            .members()
            .filter(|artifact| artifact.via == "text" && artifact.parent == Some(self.holder.id));
        texts
            .map(|text| String::from_utf8_lossy(&text.bytes).chars().filter(|c| !c.is_whitespace()).count())
            .sum()
    }

    /// The scripts of the page as one text in lower case.
    pub(super) fn code(&self) -> String {
        let scripts = self.members().filter(|artifact| artifact.kind.id == "js");
        scripts.map(|script| String::from_utf8_lossy(&script.bytes).to_ascii_lowercase()).collect()
    }
}

/// Whether an archive was opened and holds nothing but data, texts and pictures.
fn is_quiet(tree: &Tree, archive: &Artifact) -> bool {
    let mut inside = tree.children(archive.id).peekable();
    inside.peek().is_some()
        && archive.unread.is_empty()
        && inside.all(|file| matches!(file.kind.class, Class::Data | Class::Text | Class::Media))
}

/// The last two labels of the host of an address, or three under a country's second level.
pub(super) fn site(address: &str) -> Option<String> {
    let rest = address.split_once("//").map(|(_, rest)| rest)?;
    let host = rest.split(['/', '?', '#', ':']).next()?.rsplit('@').next()?.to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let second = labels.len().checked_sub(2).and_then(|at| labels.get(at)).copied().unwrap_or_default();
    let wanted = if ["co", "ne", "or", "ac", "go", "com", "net", "org", "gov", "edu"].contains(&second) {
        3
    } else {
        2
    };
    let site = labels.get(labels.len().saturating_sub(wanted)..)?.join(".");
    (!site.is_empty()).then_some(site)
}

/// Whether an address is of a film or a map that its site lends to the pages of others.
pub(super) fn is_lent(address: &str) -> bool {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    LENDERS.iter().any(|lender| rest.starts_with(lender))
}

const LENDERS: &[&str] = &[
    "www.youtube.com/embed/",
    "www.youtube-nocookie.com/embed/",
    "player.vimeo.com/video/",
    "embed.nicovideo.jp/",
    "www.google.com/maps",
    "www.google.co.jp/maps",
    "maps.google.com/maps",
    "maps.google.co.jp/maps",
    "www.openstreetmap.org/",
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::{Child, Opened};
    use crate::detect::heuristics::Heuristic;
    use crate::formats;
    use crate::keyring::Keyring;
    use crate::limits::{Budget, Limits};

    /// What a rule finds in a file of that name, opened whole.
    pub(in crate::detect) fn hits(rule: &Heuristic, name: &str, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        (rule.check)(&opened(name, bytes), &mut |_, evidence| found.push(evidence));
        found
    }

    fn opened(name: &str, bytes: &[u8]) -> Tree {
        let mut tree = Tree::new(Child::new(name, "file", bytes.to_vec()));
        let mut budget = Budget::new(&Limits::default());
        let mut next = 0;
        while let Some(artifact) = tree.get(next) {
            let mut out = Opened::default();
            for format in formats::all().filter(|format| format.matches(artifact)) {
                format.open(artifact, &Keyring::new(), &mut out, &mut budget).unwrap();
            }
            tree.get_mut(next).unwrap().facts.extend(out.facts);
            for child in out.children {
                tree.add(Some(next), child);
            }
            next += 1;
        }
        tree
    }

    #[test]
    fn pages_of_web_archives_are_pages_whatever_the_name() {
        let body = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n--b\r\n\
                    Content-Type: text/html\r\n\r\n<script>a()</script>\r\n--b--\r\n";
        let rows = [
            ("f", "", 1),
            ("f", "From: <Saved by Blink>\r\n", 1),
            ("f", "From: a@b.example\r\n", 0),
            ("f", "To: a@b.example\r\n", 0),
            ("a.mht", "From: a@b.example\r\n", 1),
        ];
        for (name, head, want) in rows {
            let tree = opened(name, format!("{head}{body}").as_bytes());
            assert_eq!(pages(&tree).len(), want, "{name} {head}");
        }
    }

    #[test]
    fn sites_are_what_one_owner_has() {
        for (address, want) in [
            ("https://a.b.example/x", Some("b.example")),
            ("//www.a.co.jp:80", Some("a.co.jp")),
            ("http://u@h.test?x", Some("h.test")),
            ("x.php", None),
        ] {
            assert_eq!(site(address).as_deref(), want, "{address}");
        }
    }
}
