//! What was observed on an artifact, in words, for those who look closer.

use super::gist::quote;
use super::words::{fill, say, word};
use super::{Lang, links};
use crate::artifact::Fact;
use crate::text::printable;

/// The most characters of a value that are shown.
const SHOWN: usize = 400;

/// A fact in one printable line.
pub fn describe(fact: &Fact, lang: Lang) -> String {
    let show = |text: &str| quote(text, SHOWN);
    match fact {
        Fact::Header { name, value } => fill(lang, "fact.header", &[name, &show(value)]),
        Fact::OpenedWith { scheme, password, origin } => {
            let source = word(lang, "source", origin.source.id());
            fill(lang, "fact.opened", &[scheme, &printable(password), source])
        }
        Fact::PasswordElsewhere(sentence) => fill(lang, "fact.password-elsewhere", &[&show(sentence)]),
        Fact::LockedName(name) => fill(lang, "fact.locked-name", &[&show(name)]),
        Fact::Padding { byte, length } => {
            fill(lang, "fact.padding", &[&length.to_string(), &format!("0x{byte:02x}")])
        }
        Fact::OtherName(name) => fill(lang, "fact.other-name", &[&show(name)]),
        Fact::Trick { what, detail } => fill(lang, "fact.trick", &[what, &show(detail)]),
        Fact::VbaProject { code_page, modules, locked } => {
            let locked = if *locked { say(lang, "fact.vba-locked") } else { "" };
            fill(lang, "fact.vba-project", &[&modules.to_string(), &code_page.to_string(), locked])
        }
        Fact::Sign { sign, text, line } => {
            let meaning = word(lang, "signof", sign.id());
            fill(lang, "fact.sign", &[&line.to_string(), meaning, &show(text)])
        }
        Fact::Procedure { name, line, .. } => fill(lang, "fact.procedure", &[&line.to_string(), &show(name)]),
        Fact::HiddenText { place, length, head } => {
            let values = [length.to_string(), show(place), show(head)];
            fill(lang, "fact.hidden-text", &values.each_ref().map(String::as_str))
        }
        Fact::Object { class, manner } if class.is_empty() => {
            fill(lang, "fact.object-unnamed", &[&show(manner)])
        }
        Fact::Object { class, manner } => fill(lang, "fact.object", &[&show(class), &show(manner)]),
        Fact::External { relation, target } => {
            fill(lang, "fact.external", &[&show(relation), &links::defang(&show(target))])
        }
        Fact::Shortcut { target, arguments, icon, is_minimized } => {
            let arguments = arguments.split_whitespace().collect::<Vec<_>>().join(" ");
            let window = if *is_minimized { say(lang, "fact.shortcut-minimized") } else { "" };
            let values = [links::defang(&show(target)), links::defang(&show(&arguments)), show(icon)];
            let [target, arguments, icon] = values.each_ref().map(String::as_str);
            fill(lang, "fact.shortcut", &[target, arguments, icon, window])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Sign;
    use crate::keyring::{Origin, Source};
    use crate::text::is_deceptive;

    #[test]
    fn facts_are_one_printable_line_in_both_languages() {
        let evil = "a\u{202e}\n{}".to_string();
        let origin = Origin { source: Source::Body, place: evil.clone() };
        let facts = [
            Fact::Header { name: "subject", value: evil.clone() },
            Fact::OpenedWith { scheme: "zip-crypto", password: evil.clone(), origin },
            Fact::LockedName(evil.clone()),
            Fact::PasswordElsewhere(evil.clone()),
            Fact::Padding { byte: 0, length: 9 },
            Fact::OtherName(evil.clone()),
            Fact::Trick { what: "zip-hidden-entry", detail: evil.clone() },
            Fact::VbaProject { code_page: 932, modules: 2, locked: true },
            Fact::Sign { sign: Sign::EntryPoint, text: evil.clone(), line: 3 },
            Fact::Procedure { name: evil.clone(), line: 3, mentions: Vec::new() },
            Fact::HiddenText { place: evil.clone(), length: 5, head: evil.clone() },
            Fact::External { relation: evil.clone(), target: evil.clone() },
            Fact::Object { class: evil.clone(), manner: evil.clone() },
            Fact::Shortcut {
                target: evil.clone(),
                arguments: evil.clone(),
                icon: evil.clone(),
                is_minimized: true,
            },
        ];
        for fact in &facts {
            for lang in [Lang::En, Lang::Ja] {
                let line = describe(fact, lang);
                assert!(!line.is_empty() && !line.chars().any(is_deceptive), "{line}");
            }
        }
        let line = "macro project: 2 modules, code page 932, locked for viewing";
        assert_eq!(describe(&facts[7], Lang::En), line);
        assert_eq!(describe(&facts[8], Lang::Ja), "3行目：自動で実行：a⟨U+202E⟩⟨U+000A⟩{}");
    }
}
