//! One self-contained page for all messages of a run: a table of them, then a section each, the worst first.
//!
//! It is opened by people who just received malware: there is no script, no link that leads out and nothing that
//! is loaded; the content security policy allows only the page's own style sheet, by its hash. What a stranger
//! wrote is escaped and stands in `<bdi>`, so that it cannot turn round the words beside it.

mod details;
mod markup;

use super::gist::{Gist, Missed, Reason, clip_middle, quote, verdict_id};
use super::words::{fill, say, word};
use super::{Lang, Report};
use crate::text::printable;
use crate::verdict::Verdict;
use markup::{bdi, escape, mail};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::io::{self, Write};

const CSS: &str = include_str!("page.css");

/// The most messages on one page, the worst ones; no browser shows more, and the rest need not be kept.
const MESSAGES: usize = 5_000;

/// A page in the making.
#[derive(Debug)]
pub struct Page {
    lang: Lang,
    entries: Vec<Entry>,
    counts: [usize; 4],
    omitted: usize,
}

/// A message on the page, ready to be written; reports themselves are not kept.
#[derive(Debug)]
struct Entry {
    rank: Reverse<(Verdict, u8)>,
    order: usize,
    row: String,
    section: String,
}

impl Page {
    /// An empty page.
    pub fn new(lang: Lang) -> Self {
        Self { lang, entries: Vec::new(), counts: [0; 4], omitted: 0 }
    }

    /// Adds a message.
    pub fn add(&mut self, report: &Report) {
        let order = self.counts.iter().sum();
        if let Some(count) = self.counts.get_mut(report.verdict as usize) {
            *count += 1;
        }
        let gist = Gist::of(report, self.lang);
        self.entries.push(Entry {
            rank: Reverse((report.verdict, report.score)),
            order,
            row: row(report, &gist, order),
            section: section(report, &gist, order, self.lang),
        });
        if self.entries.len() >= 2 * MESSAGES {
            self.settle();
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self, out: &mut dyn Write) -> io::Result<()> {
        self.settle();
        let lang = self.lang;
        let title = say(lang, "page.title");
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
             <title>{title}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<header id=\"top\">\n<h1>{title}</h1>\n",
            lang.tag(),
            base64(&Sha256::digest(CSS)),
        )?;
        writeln!(out, "{}</header>\n<main>", self.tally())?;
        if !self.entries.is_empty() {
            self.table(out)?;
        }
        for entry in &self.entries {
            out.write_all(entry.section.as_bytes())?;
        }
        writeln!(out, "</main>\n<footer><p>{}</p></footer>\n</body>\n</html>", say(lang, "page.note"))
    }

    /// Puts the worst first and lets go of what is too much.
    fn settle(&mut self) {
        self.entries.sort_by_key(|entry| (entry.rank, entry.order));
        self.omitted += self.entries.len().saturating_sub(MESSAGES);
        self.entries.truncate(MESSAGES);
    }

    /// How many messages of each verdict there are, the worst first.
    fn tally(&self) -> String {
        let total: usize = self.counts.iter().sum();
        let key = if total == 1 { "page.one" } else { "page.count" };
        let mut out =
            format!("<ul class=\"counts\"><li>{}</li>", fill(self.lang, key, &[&total.to_string()]));
        for (verdict, count) in VERDICTS.iter().zip(self.counts).rev().filter(|(_, count)| *count > 0) {
            let sign = word(self.lang, "sign", verdict);
            let name = word(self.lang, "verdict", verdict);
            out += &format!("<li class=\"{verdict}\"><span class=\"tag\">{sign} {name}</span> {count}</li>");
        }
        out + "</ul>"
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let lang = self.lang;
        let heads = ["label.verdict", "label.subject", "label.from", "label.why"].map(|key| say(lang, key));
        write!(out, "<table class=\"list\"><thead><tr>")?;
        for head in heads {
            write!(out, "<th scope=\"col\">{head}</th>")?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        for entry in &self.entries {
            out.write_all(entry.row.as_bytes())?;
        }
        writeln!(out, "</tbody></table>")?;
        if self.omitted > 0 {
            writeln!(out, "<p>{}</p>", fill(lang, "page.omitted", &[&self.omitted.to_string()]))?;
        }
        Ok(())
    }
}

/// The ids of the verdicts in the order of the enumeration.
const VERDICTS: [&str; 4] = ["clean", "unverified", "suspicious", "malicious"];

/// A line of the table. The link leads to the section of the same page.
fn row(report: &Report, gist: &Gist, order: usize) -> String {
    let subject = report.subject.as_deref().map(|subject| quote(subject, 80)).unwrap_or_default();
    let name = if subject.trim().is_empty() { clip_middle(&printable(&report.path)) } else { subject };
    let from = report.from.as_deref().map(|from| quote(from, 80)).unwrap_or_default();
    let why = gist.reasons.first().filter(|_| report.verdict >= Verdict::Suspicious);
    let why = why.map_or(gist.why.as_str(), |reason| reason.title.as_str());
    format!(
        "<tr class=\"{}\"><td><span class=\"tag\">{} {}</span></td><td><a href=\"#m{order}\"><bdi>{}</bdi></a></td>\
         <td><bdi>{}</bdi></td><td>{}</td></tr>\n",
        verdict_id(report.verdict),
        gist.sign,
        gist.verdict,
        escape(&name),
        escape(&from),
        escape(why),
    )
}

fn section(report: &Report, gist: &Gist, order: usize, lang: Lang) -> String {
    let mut out = format!(
        "<article class=\"{}\" id=\"m{order}\">\n<div class=\"verdict\"><h2>{} {}</h2>",
        verdict_id(report.verdict),
        gist.sign,
        gist.headline
    );
    if !gist.why.is_empty() {
        out += &format!("<p>{}</p>", escape(&gist.why));
    }
    out += "</div>\n<div class=\"body\">\n<dl class=\"about\">";
    for (label, value) in &gist.about {
        out += &format!("<dt>{label}</dt><dd>{}</dd>", mail(value));
    }
    out += "</dl>\n";
    if !gist.steps.is_empty() {
        let steps: String = gist.steps.iter().map(|step| format!("<li>{step}</li>")).collect();
        out += &format!("<h3>{}</h3>\n<ol class=\"steps\">{steps}</ol>\n", say(lang, "heading.steps"));
    }
    let heading = if report.verdict == Verdict::Clean { "heading.noticed" } else { "heading.reasons" };
    out += &reasons(&gist.reasons, say(lang, heading), lang);
    out += &items(say(lang, "heading.passwords"), gist.passwords.iter().map(|line| bdi(line)).collect());
    out += &items(say(lang, "heading.unread"), unread(gist, lang));
    out += &details::technical(report, lang);
    out + &format!(
        "<p class=\"top small\"><a href=\"#top\">{}</a></p>\n</div>\n</article>\n",
        say(lang, "page.top")
    )
}

fn reasons(reasons: &[Reason], heading: &str, lang: Lang) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let mut out = format!("<h3>{heading}</h3>\n<ol class=\"reasons\">");
    for reason in reasons {
        out += &format!(
            "<li><b>{}</b><div class=\"soft small\">[{}] <bdi>{} {}</bdi></div>",
            escape(&reason.title),
            reason.strength,
            escape(&reason.rule),
            escape(&reason.attack)
        );
        for place in &reason.places {
            out += &format!("<div class=\"place\">{}</div>", bdi(&place.trail));
            if !place.evidence.is_empty() {
                out += &format!("<bdi class=\"mail evidence\">{}</bdi>", escape(&place.evidence));
            }
        }
        if reason.more > 0 {
            out += &format!("<p class=\"soft\">… {}</p>", fill(lang, "more", &[&reason.more.to_string()]));
        }
        out += "</li>\n";
    }
    out + "</ol>\n"
}

fn unread(gist: &Gist, lang: Lang) -> Vec<String> {
    let line = |missed: &Missed| {
        let detail = if missed.detail.is_empty() { String::new() } else { mail(&missed.detail) };
        format!("{} {detail} {}", bdi(&missed.trail), escape(&missed.reason))
    };
    let more = (gist.unread_more > 0).then(|| fill(lang, "more", &[&gist.unread_more.to_string()]));
    gist.unread.iter().map(line).chain(more).collect()
}

/// A heading and its items, which are HTML already; nothing where there are none.
fn items(heading: &str, items: Vec<String>) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.into_iter().map(|item| format!("<li>{item}</li>")).collect();
    format!("<h3>{heading}</h3>\n<ul class=\"plain\">{items}</ul>\n")
}

/// RFC 4648 base64 of a digest, for the content security policy.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = usize::try_from(bits >> (18 - 6 * place) & 63).ok().and_then(|at| ALPHABET.get(at));
            out.push(letter.filter(|_| place <= three.len()).map_or('=', |letter| char::from(*letter)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::report::tests::malicious;
    use crate::text::is_deceptive;

    fn page(reports: &[Report], lang: Lang) -> String {
        let mut page = Page::new(lang);
        reports.iter().for_each(|report| page.add(report));
        let mut out = Vec::new();
        page.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn clean() -> Report {
        Report::new("b.txt", 0, &Tree::new(Child::new("b.txt", "file", b"hello".to_vec())), &[])
    }

    #[test]
    fn nothing_hostile_gets_through() {
        for lang in [Lang::En, Lang::Ja] {
            let page = page(&[clean(), malicious()], lang);
            for bad in [
                "<script",
                "<img",
                "onerror=alert(1)>",
                "http://",
                "https://",
                "<b>.eml",
                "p<w>",
                "evil.example",
            ] {
                assert!(!page.contains(bad), "{bad}");
            }
            assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;.7z"));
            assert!(page.contains("hxxp://evil[.]example/a.exe"));
            assert!(!page.chars().any(|c| is_deceptive(c) && c != '\n'));
            assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())));
        }
    }

    #[test]
    fn the_policy_allows_this_style_sheet_and_nothing_else() {
        let page = page(&[malicious()], Lang::En);
        let css = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let hash = base64(&Sha256::digest(css));
        let policy =
            format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        assert!(page.contains(&policy));
        assert!(!page.contains(" style=") && !page.contains("url(") && !page.contains(" src=\""));
        assert_eq!(page.matches("href=\"").count(), page.matches("href=\"#").count());
    }

    #[test]
    fn the_worst_stands_first_and_sign_and_word_beside_the_colour() {
        let page = page(&[clean(), malicious(), clean()], Lang::Ja);
        let worst = page.find("<article class=\"malicious\"").unwrap();
        assert!(worst < page.find("<article class=\"clean\"").unwrap());
        assert!(page.contains("<span class=\"tag\">■ 危険</span> 1"));
        assert!(page.contains("<span class=\"tag\">○ 不審な点なし</span> 2"));
    }

    #[test]
    fn every_tag_that_opens_closes() {
        let page = page(&[clean(), malicious()], Lang::En);
        for tag in
            ["article", "div", "ol", "ul", "li", "table", "tr", "td", "th", "bdi", "details", "dl", "a", "p"]
        {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn a_long_run_keeps_the_worst() {
        let mut page = Page::new(Lang::En);
        for _ in 0..MESSAGES * 2 {
            page.add(&clean());
        }
        page.add(&malicious());
        page.settle();
        assert_eq!((page.entries.len(), page.omitted), (MESSAGES, MESSAGES + 1));
        assert!(page.entries[0].section.contains("Dangerous"));
    }

    #[test]
    fn base64_of_rfc_4648() {
        for (plain, want) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), want);
        }
    }
}
