//! The scripts, data and ways out of a page, as its tags go by.

use super::attributes::{
    Attributes, LEADING, host_and_scheme, is_file_to_run, is_player, is_remote, is_secret, language, local,
    refresh, shows_dots,
};
use super::data_url::{DataUrl, percent};
use super::nesting::Nesting;
use crate::artifact::Fact;
use crate::message::body::markup::{self, Markup, Syntax};
use crate::text::names_reader;
use html5ever::tokenizer::{Tag, TagKind};

/// What is known of a page so far.
pub(super) struct Page {
    syntax: Syntax,
    /// The script that is open: its language.
    open: Option<&'static str>,
    /// Where its text begins.
    began: usize,
    /// Whether a style sheet is open.
    in_style: bool,
    nesting: Nesting,
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

impl Found {
    /// Takes in what another reading of the same page found more.
    pub(super) fn join(&mut self, other: Self) {
        let facts = other.facts.into_iter().filter(|fact| !self.facts.contains(fact)).collect::<Vec<_>>();
        self.facts.extend(facts);
        let is_known = |(_, language, text): &(_, _, String)| {
            self.scripts
                .iter()
                .any(|(_, known, known_text)| known == language && known_text.trim() == text.trim())
        };
        let scripts = other.scripts.into_iter().filter(|script| !is_known(script)).collect::<Vec<_>>();
        self.scripts.extend(scripts);
        let data = other.data.into_iter().filter(|data| !self.data.contains(data)).collect::<Vec<_>>();
        self.data.extend(data);
    }
}

/// Ways out that are noted, and `data:` URLs that are opened, of one page.
const MOST: usize = 200;

/// Schemes of links that start a program of the reader's computer, or run a script.
const SCHEMES: &[&str] =
    &["search-ms:", "search:", "ms-", "shell:", "file:", "vbscript:", "mk:", "its:", "mhtml:"];

impl Page {
    pub(super) fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            open: None,
            began: 0,
            in_style: false,
            nesting: Nesting::default(),
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

    /// Whether this is no well-formed XML.
    pub(super) fn is_torn(&self) -> bool {
        self.nesting.is_torn()
    }

    pub(super) fn finish(mut self) -> Found {
        self.end_script();
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

    /// The scripts of a language.
    fn whole(&mut self, language: &str) -> &mut String {
        if language == "vbs" { &mut self.visual_basic } else { &mut self.java_script }
    }

    /// Adds to the scripts of a language; a line of its own for each piece.
    fn script(&mut self, language: &str, text: &str) {
        let whole = self.whole(language);
        whole.push_str(text);
        whole.push('\n');
    }

    /// Ends a script. In pictures inside of HTML it has references and sections, as in XML.
    fn end_script(&mut self) {
        let Some(language) = self.open.take() else { return };
        if self.syntax == Syntax::Html && self.nesting.is_in_picture() {
            let began = self.began;
            let whole = self.whole(language);
            let raw = whole.get(began..).unwrap_or_default().to_string();
            whole.truncate(whole.floor_char_boundary(began));
            whole.push_str(&plain(raw));
        }
        self.script(language, "");
    }

    /// The name of an element in lower case; in XML without its prefix.
    fn element(&self, tag: &Tag) -> String {
        let name = tag.name.to_ascii_lowercase();
        match name.rsplit_once(':') {
            Some((_, name)) if self.syntax == Syntax::Xml => name.to_string(),
            _ => name.to_string(),
        }
    }

    fn opens(&mut self, tag: &Tag) {
        let attributes = Attributes(tag);
        for attribute in &tag.attrs {
            self.attribute(tag, local(&attribute.name.local), &attribute.value);
        }
        let target = |name: &str| attributes.value(name).filter(|value| is_remote(value));
        match &*self.element(tag) {
            "script" => {
                self.end_script();
                self.open = language(&attributes);
                self.began = self.whole(self.open.unwrap_or_default()).len();
                let sources = ["src", "href"].iter().filter_map(|name| attributes.value(name));
                if let Some(source) = sources.into_iter().find(|value| is_remote(value)) {
                    self.leads("script", source);
                }
                if tag.self_closing && (self.syntax == Syntax::Xml || self.nesting.is_in_picture()) {
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
                let codebase = || target("codebase").filter(|_| !is_player(&attributes));
                if let Some(source) = target("data").or(target("src")).or_else(codebase) {
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
            words.map(str::to_lowercase).any(|word| is_secret(&word))
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
        } else if LEADING.contains(&name.to_ascii_lowercase().as_str()) {
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
            let is_picture =
                matches!(&*self.element(tag), "img" | "image" | "source" | "video" | "audio" | "link");
            let file = Attributes(tag).value("download").unwrap_or_default().to_string();
            if !is_picture || !file.is_empty() || !plain.starts_with("data:image") {
                self.keep(&file, value);
            }
        } else if let Some(start) = SCHEMES.iter().find(|scheme| plain.starts_with(**scheme)) {
            // Behind three slashes a drive stands, or the two strokes of a server.
            let is_local = plain.starts_with("file:///") && !plain.starts_with(r"file:///\\");
            if *start != "file:" || plain.starts_with("file://") && !is_local {
                self.leads("protocol", value);
            }
        } else if is_remote(value) && !name.to_ascii_lowercase().contains("action") {
            if matches!(&*self.element(tag), "a" | "area") {
                if is_file_to_run(value) {
                    self.leads("link-to-file", value);
                }
                if names_reader(value) {
                    self.leads("link-names-reader", value);
                }
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
            self.nesting.open(tag);
            return;
        }
        let name = self.element(tag);
        if name == "script" {
            self.end_script();
        }
        self.nesting.close(tag);
        match &*name {
            "style" => self.in_style = false,
            "form" => (self.form, self.form_asks) = (None, false),
            _ => {}
        }
    }
}

/// The text of a script whose references and sections count. What is no markup stays as it is.
fn plain(raw: String) -> String {
    if !raw.contains('&') && !raw.contains("<![CDATA[") {
        return raw;
    }
    let (read, _) = markup::read(&raw, Syntax::Xml, Plain::default());
    if read.has_tags { format!("{raw}\n{}", read.text) } else { read.text }
}

/// Text between tags.
#[derive(Default)]
struct Plain {
    text: String,
    has_tags: bool,
}

impl Markup for Plain {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn tag(&mut self, _: &Tag) {
        self.has_tags = true;
    }
}

fn is(fact: &Fact, wanted: &str) -> bool {
    matches!(fact, Fact::External { relation, .. } if relation == wanted)
}
