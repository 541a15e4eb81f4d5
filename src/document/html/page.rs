//! The scripts, data and ways out of a page, as its tags go by.

use super::data_url::{DataUrl, percent};
use crate::artifact::Fact;
use crate::kind::{Class, Kind};
use crate::message::body::markup::{Markup, Syntax};
use html5ever::tokenizer::{Tag, TagKind};

/// What is known of a page so far.
pub(super) struct Page {
    syntax: Syntax,
    /// The script that is open: its language.
    open: Option<&'static str>,
    /// Whether a style sheet is open.
    in_style: bool,
    java_script: String,
    visual_basic: String,
    data: Vec<(String, DataUrl)>,
    facts: Vec<Fact>,
    /// Where the form leads that is open, and whether it asks for a password.
    form: Option<String>,
    form_asks: bool,
    has_password: bool,
    links: usize,
}

/// What was found in a page.
pub(super) struct Found {
    pub(super) facts: Vec<Fact>,
    /// Name, kind and text of its scripts.
    pub(super) scripts: Vec<(&'static str, &'static str, String)>,
    /// Names and contents of its `data:` URLs.
    pub(super) data: Vec<(String, DataUrl)>,
}

/// Ways out that are noted, and `data:` URLs that are opened, of one page.
const MOST: usize = 200;

/// Schemes of links that start a program of the reader's computer, or run a script.
const SCHEMES: &[&str] =
    &["search-ms:", "search:", "ms-", "shell:", "file:", "vbscript:", "mk:", "its:", "mhtml:"];

/// Attributes that lead somewhere.
const LEADING: &[&str] =
    &["href", "src", "data", "action", "formaction", "to", "values", "from", "background"];

/// A tag's attributes.
struct Attributes<'a>(&'a Tag);

impl Attributes<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.attrs.iter().find(|attribute| (*attribute.name.local).eq_ignore_ascii_case(name));
        found.map(|attribute| &*attribute.value)
    }
}

impl Page {
    pub(super) fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            open: None,
            in_style: false,
            java_script: String::new(),
            visual_basic: String::new(),
            data: Vec::new(),
            facts: Vec::new(),
            form: None,
            form_asks: false,
            has_password: false,
            links: 0,
        }
    }

    pub(super) fn finish(mut self) -> Found {
        if self.has_password && !self.facts.iter().any(|fact| is(fact, "form-password")) {
            self.leads("form-password", "");
        }
        let scripts = vec![
            ("page.js", "js", std::mem::take(&mut self.java_script)),
            ("page.vbs", "vbs", std::mem::take(&mut self.visual_basic)),
        ];
        Found { facts: self.facts, scripts, data: self.data }
    }

    fn leads(&mut self, relation: &str, target: &str) {
        let target = target.trim();
        let target = target.get(..target.floor_char_boundary(2000)).unwrap_or_default().to_string();
        let fact = Fact::External { relation: relation.into(), target };
        if self.facts.len() < MOST && !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    /// Adds to the scripts of a language; a line of its own for each piece.
    fn script(&mut self, language: &str, text: &str) {
        let whole = if language == "vbs" { &mut self.visual_basic } else { &mut self.java_script };
        whole.push_str(text);
        whole.push('\n');
    }

    fn opens(&mut self, tag: &Tag) {
        let attributes = Attributes(tag);
        for attribute in &tag.attrs {
            self.attribute(tag, &attribute.name.local, &attribute.value);
        }
        let target = |name: &str| attributes.value(name).filter(|value| is_remote(value));
        let name = tag.name.to_ascii_lowercase();
        match &*name {
            "script" => {
                self.open = language(&attributes);
                let sources = ["src", "href", "xlink:href"].iter().filter_map(|name| attributes.value(name));
                if let Some(source) = sources.into_iter().find(|value| is_remote(value)) {
                    self.leads("script", source);
                }
                if self.syntax == Syntax::Xml && tag.self_closing {
                    self.open = None;
                }
            }
            "style" => self.in_style = !tag.self_closing,
            "form" => self.opens_form(&attributes),
            "input" => self.input(&attributes),
            "meta"
                if attributes
                    .value("http-equiv")
                    .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("refresh")) =>
            {
                if let Some(url) = attributes.value("content").and_then(refresh) {
                    self.url("refresh", url);
                }
            }
            "iframe" | "frame" => {
                if let Some(source) = target("src") {
                    self.leads("frame", source);
                }
            }
            "object" | "embed" | "applet" => {
                if let Some(source) = target("data").or(target("src")).or(target("codebase")) {
                    self.leads("object", source);
                }
            }
            "base" => {
                if let Some(base) = target("href") {
                    self.leads("base", base);
                }
            }
            "hta:application" => self.application(&attributes),
            "foreignobject" => self.leads("foreign-object", ""),
            _ => {}
        }
        if attributes.value("download").is_some() {
            self.leads("download", attributes.value("download").unwrap_or_default());
        }
        if let Some(action) = target("formaction") {
            self.sends_elsewhere(action);
        }
    }

    /// A form, and where it leads.
    fn opens_form(&mut self, attributes: &Attributes) {
        let action = attributes.value("action").unwrap_or_default().to_string();
        if is_remote(&action) {
            self.leads("form", &action);
        }
        self.form = Some(action);
        self.form_asks = false;
    }

    /// A button that sends its form elsewhere than the form says.
    fn sends_elsewhere(&mut self, action: &str) {
        if let Some(form) = &mut self.form {
            *form = action.to_string();
        }
        if self.form_asks {
            self.leads("form-password", action);
        }
    }

    /// A field for a password, and where its form sends it.
    fn input(&mut self, attributes: &Attributes) {
        let is_password =
            attributes.value("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("password"));
        let is_named = || {
            let words = ["name", "id", "placeholder"].iter().filter_map(|name| attributes.value(name));
            words
                .map(str::to_ascii_lowercase)
                .any(|word| word.contains("passw") || word == "pwd" || word == "pswd")
        };
        let is_hidden = attributes.value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
        // A field for plain text can be made to show dots.
        let is_dotted = attributes.value("style").is_some_and(shows_dots);
        if is_password || is_dotted || (is_named() && !is_hidden) {
            self.has_password = true;
            self.form_asks = self.form.is_some();
            if let Some(action) = self.form.clone().filter(|action| is_remote(action)) {
                self.leads("form-password", &action);
            }
        }
    }

    /// The window of an HTML application that is not meant to be seen.
    fn application(&mut self, attributes: &Attributes) {
        let is = |name: &str, word: &str| {
            attributes.value(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
        };
        if is("windowstate", "minimize") || is("showintaskbar", "no") {
            self.facts.push(Fact::Trick { what: "hta-hidden-window", detail: "HTA:APPLICATION".into() });
        }
    }

    fn attribute(&mut self, tag: &Tag, name: &str, value: &str) {
        if name.len() > 2 && name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")) {
            let is_basic = Attributes(tag)
                .value("language")
                .is_some_and(|language| language.to_ascii_lowercase().contains("vb"));
            self.script(if is_basic { "vbs" } else { "js" }, value);
        } else if name.eq_ignore_ascii_case("srcdoc") {
            self.keep("srcdoc", &format!("data:text/html,{}", value.replace('%', "%25")));
        } else if LEADING.contains(&name.to_ascii_lowercase().trim_start_matches("xlink:")) {
            self.target(tag, name, value);
        } else if name.eq_ignore_ascii_case("style") {
            self.has_password |= shows_dots(value);
            self.style(value);
        }
    }

    /// An attribute that leads somewhere.
    fn target(&mut self, tag: &Tag, name: &str, value: &str) {
        let plain: String =
            value.chars().take(64).filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let plain = plain.to_ascii_lowercase();
        if plain.starts_with("javascript:") {
            let code = value.split_once(':').map_or("", |(_, code)| code);
            self.script("js", &String::from_utf8_lossy(&percent(code)));
        } else if plain.starts_with("data:") {
            let is_picture = matches!(
                &*tag.name.to_ascii_lowercase(),
                "img" | "image" | "source" | "video" | "audio" | "link"
            );
            let file = Attributes(tag).value("download").unwrap_or_default().to_string();
            if !is_picture || !file.is_empty() || !plain.starts_with("data:image") {
                self.keep(&file, value);
            }
        } else if let Some(start) = SCHEMES.iter().find(|scheme| plain.starts_with(**scheme)) {
            if *start != "file:" || plain.starts_with("file://") && !plain.starts_with("file:///") {
                self.leads("protocol", value);
            }
        } else if is_remote(value) && !name.to_ascii_lowercase().contains("action") {
            if matches!(&*tag.name.to_ascii_lowercase(), "a" | "area") && is_file_to_run(value) {
                self.leads("link-to-file", value);
            }
            self.links += 1;
            if self.links <= MOST {
                self.leads("link", host_and_scheme(value));
            }
        }
    }

    fn url(&mut self, relation: &str, url: &str) {
        if url.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
            self.keep("", url);
        } else {
            self.leads(relation, url);
        }
    }

    /// Keeps what a `data:` URL holds.
    fn keep(&mut self, name: &str, url: &str) {
        if let Some(url) = DataUrl::parse(url).filter(|_| self.data.len() < MOST) {
            self.data.push((name.to_string(), url));
        }
    }

    /// The `data:` URLs of a style sheet that are no pictures and fonts.
    fn style(&mut self, text: &str) {
        for (at, _) in text.match_indices("data:").take(MOST) {
            let url = text.get(at..).unwrap_or_default();
            let end = url.find(['"', '\'', ')']).unwrap_or(url.len());
            let is_plain = [
                "data:image",
                "data:font",
                "data:application/x-font",
                "data:application/font",
                "data:application/vnd",
            ];
            if !is_plain.iter().any(|start| url.starts_with(start)) {
                self.keep("", url.get(..end).unwrap_or_default());
            }
        }
    }
}

impl Markup for Page {
    fn text(&mut self, text: &str) {
        match self.open {
            Some("vbs") => self.visual_basic.push_str(text),
            Some(_) => self.java_script.push_str(text),
            None if self.in_style && text.contains("data:") => self.style(text),
            None => {}
        }
    }

    fn tag(&mut self, tag: &Tag) {
        if tag.kind == TagKind::StartTag {
            self.opens(tag);
            return;
        }
        match &*tag.name.to_ascii_lowercase() {
            "script" => {
                if let Some(language) = self.open.take() {
                    self.script(language, "");
                }
            }
            "style" => self.in_style = false,
            "form" => (self.form, self.form_asks) = (None, false),
            _ => {}
        }
    }
}

/// The language of a script; none for data that browsers do not run.
fn language(attributes: &Attributes) -> Option<&'static str> {
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
fn refresh(content: &str) -> Option<&str> {
    let at = content.to_ascii_lowercase().find("url")?;
    let after = content.get(at + 3..)?.trim_start().strip_prefix('=')?;
    Some(after.trim().trim_matches(['"', '\'']))
}

/// Whether a style turns letters into dots.
fn shows_dots(style: &str) -> bool {
    let lower = style.to_ascii_lowercase();
    lower
        .split_once("text-security")
        .is_some_and(|(_, kind)| !kind.trim_start_matches([':', ' ']).starts_with("none"))
}

/// Whether the path of an address ends in a file that runs or holds files.
fn is_file_to_run(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("//").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let kind = Kind::by_name(path).filter(|_| !path.ends_with(".com"));
    kind.is_some_and(|kind| kind.runs() || kind.class == Class::Archive)
}

fn is_remote(url: &str) -> bool {
    let url = url.trim_start();
    let starts =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http:") || starts("https:") || starts("//") || starts("\\\\") || starts("ftp:")
}

/// The URL without its path.
fn host_and_scheme(url: &str) -> &str {
    let url = url.trim();
    let host = url.find("//").map_or(0, |at| at + 2);
    let end = url.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| host + at);
    url.get(..end).unwrap_or_default()
}

fn is(fact: &Fact, wanted: &str) -> bool {
    matches!(fact, Fact::External { relation, .. } if relation == wanted)
}
