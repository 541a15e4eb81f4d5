//! What script files of Windows (`.wsf`, `.wsc`, `.sct`), and HTML applications, declare beside their scripts: texts that
//! scripts fetch by name, objects that stand ready under a name, what the file is registered as.
//!
//! Scripts are given with these in place, so that what they do with them is seen. References to type libraries, which
//! only bring names of numbers, are left out.

use super::entities;
use crate::artifact::Fact;
use crate::message::body::markup::{self, Markup, Syntax};
use html5ever::tokenizer::{Tag, TagKind};

/// What was declared.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Texts by their names.
    pub(super) resources: Vec<(String, String)>,
    /// Names of objects, and what they are.
    objects: Vec<(String, String)>,
    pub(super) facts: Vec<Fact>,
    /// The text that is open.
    open: Option<String>,
}

/// Texts and objects of one file, bytes of one text, and bytes that scripts may grow.
const MOST: usize = 200;
const LONGEST: usize = 1 << 20;
const GROWTH: usize = 4 << 20;

/// Objects that attackers use, by their numbers.
#[rustfmt::skip]
const CLASSES: &[(&str, &str)] = &[
    ("72c24dd5-d70a-438b-8a42-98424b88afb8", "WScript.Shell"),
    ("f935dc22-1cf0-11d0-adb9-00c04fd58a0b", "WScript.Shell"),
    ("f935dc26-1cf0-11d0-adb9-00c04fd58a0b", "WScript.Network"),
    ("093ff999-1ea0-4079-9525-9614c3504b74", "WScript.Network"),
    ("13709620-c279-11ce-a49e-444553540000", "Shell.Application"),
    ("9ba05972-f6a8-11cf-a442-00a0c90a8f39", "ShellWindows"),
    ("c08afd90-f2a1-11d1-8455-00a0c91f3880", "ShellBrowserWindow"),
    ("0d43fe01-f093-11cf-8940-00a0c9054228", "Scripting.FileSystemObject"),
    ("00000566-0000-0010-8000-00aa006d2ea4", "ADODB.Stream"),
    ("ed8c108e-4349-11d2-91a4-00c04f7969e8", "Microsoft.XMLHTTP"),
    ("f6d90f16-9c73-11d3-b32e-00c04f990bb4", "Microsoft.XMLHTTP"),
    ("88d96a0a-f192-11d4-a65f-0040963251e5", "MSXML2.XMLHTTP.6.0"),
    ("2087c2f4-2cef-4953-a8ab-66779b670495", "WinHttp.WinHttpRequest.5.1"),
    ("0f87369f-a4e5-4cfc-bd3e-73e6154572dd", "Schedule.Service"),
];

impl Declared {
    /// Reads a file; in XML texts may be sections, in HTML scripts may hold what looks like tags.
    pub(super) fn read(source: &str, syntax: Syntax) -> Self {
        markup::read(&entities::expanded(source), syntax, Self::default()).0
    }

    /// A script with the declared objects before it and the declared texts in it.
    pub(super) fn complete(&self, language: &str, script: String) -> String {
        if script.trim().is_empty() || self.objects.is_empty() && self.resources.is_empty() {
            return script;
        }
        let mut out = String::new();
        for (name, class) in &self.objects {
            out.push_str(&match language {
                "vbs" => format!("Set {name} = CreateObject(\"{class}\")\n"),
                _ => format!("var {name} = new ActiveXObject(\"{class}\");\n"),
            });
        }
        self.fill(language, &script, &mut out);
        out
    }

    /// Puts the texts in the place of the calls that fetch them.
    fn fill(&self, language: &str, script: &str, out: &mut String) {
        let (mut rest, mut room) = (script, GROWTH);
        let lower = script.to_ascii_lowercase();
        for at in memchr::memmem::find_iter(lower.as_bytes(), FETCHES) {
            let Some(before) = at.checked_sub(script.len() - rest.len()) else { continue };
            let (head, call) = rest.split_at_checked(before).unwrap_or((rest, ""));
            let Some((name, length)) = fetched(call) else { continue };
            let known = self.resources.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let Some((_, text)) = known.filter(|(_, text)| text.len() <= room) else { continue };
            room -= text.len();
            out.push_str(head);
            out.push_str(&literal(language, text));
            rest = call.get(length..).unwrap_or_default();
        }
        out.push_str(rest);
    }

    fn object(&mut self, tag: &Tag) {
        let (Some(name), progid) = (value(tag, "id"), value(tag, "progid")) else { return };
        let number = value(tag, "classid").map(|class| class.trim().to_ascii_lowercase());
        let number = number.as_deref().map(|class| class.trim_start_matches("clsid:"));
        let number = number.map(|class| class.trim_matches(['{', '}', ' ']));
        let by_number = CLASSES.iter().find(|(known, _)| Some(*known) == number).map(|(_, class)| *class);
        let is_plain = |text: &str, more: &[char]| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || more.contains(&c))
        };
        let class = by_number.or(progid).filter(|class| is_plain(class, &['.']));
        if let Some(class) = class.filter(|_| is_plain(name, &[]) && self.objects.len() < MOST) {
            self.objects.push((name.to_string(), class.to_string()));
        }
    }

    /// What the file is registered as, which runs scripts of its own.
    fn registration(&mut self, tag: &Tag) {
        let names = ["progid", "classid", "description"].iter().find_map(|name| value(tag, name));
        let value = names.unwrap_or_default().chars().take(200).collect();
        if self.facts.len() < MOST {
            self.facts.push(Fact::Header { name: "scriptlet", value });
        }
    }
}

/// The function that fetches a text, in lower case.
const FETCHES: &[u8] = b"getresource";

/// The name in a call at the beginning of a text, and how long the call is.
fn fetched(call: &str) -> Option<(&str, usize)> {
    let rest = call.get(FETCHES.len()..)?.trim_start().strip_prefix('(')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (name, rest) = rest.get(1..)?.split_once(quote)?;
    let rest = rest.trim_start().strip_prefix(')')?;
    Some((name, call.len() - rest.len()))
}

/// A text as the language writes it.
fn literal(language: &str, text: &str) -> String {
    if language == "vbs" {
        let plain = text.replace('"', "\"\"").replace('\r', "").replace('\n', "\" & vbLf & \"");
        return format!("\"{plain}\"");
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "\\r").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn value<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let found = tag.attrs.iter().find(|attribute| (*attribute.name.local).eq_ignore_ascii_case(name));
    found.map(|attribute| &*attribute.value)
}

impl Markup for Declared {
    fn text(&mut self, text: &str) {
        if let (Some(_), Some((_, whole))) = (&self.open, self.resources.last_mut())
            && whole.len() + text.len() <= LONGEST
        {
            whole.push_str(text);
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let is_start = tag.kind == TagKind::StartTag;
        match &*tag.name.to_ascii_lowercase() {
            "resource" if is_start && !tag.self_closing && self.resources.len() < MOST => {
                let name = value(tag, "id").unwrap_or_default().to_string();
                self.resources.push((name.clone(), String::new()));
                self.open = Some(name);
            }
            "resource" => self.open = None,
            "object" if is_start => self.object(tag),
            "registration" if is_start => self.registration(tag),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(source: &str, language: &str, script: &str) -> String {
        Declared::read(source, Syntax::Xml).complete(language, script.to_string())
    }

    #[test]
    fn objects_and_texts_stand_in_the_scripts() {
        let source = "<job><object id='sh' progid='WScript.Shell'/><object id=f classid='CLSID:{0D43FE01-F093-11CF-8940-00A0C9054228}'/>\
            <resource id='cmd'><![CDATA[powershell \"a\" > b\nc]]></resource><script language='JScript'>x</script></job>";
        let js = complete(source, "js", "sh.Run( getResource( 'CMD' ), 0); getResource('other')");
        let want = "var sh = new ActiveXObject(\"WScript.Shell\");\nvar f = new ActiveXObject(\"Scripting.FileSystemObject\");\n\
            sh.Run( \"powershell \\\"a\\\" > b\\nc\", 0); getResource('other')";
        assert_eq!(js, want);
        let vbs = complete(source, "vbs", "sh.Run GetResource(\"cmd\")");
        assert!(vbs.ends_with("sh.Run \"powershell \"\"a\"\" > b\" & vbLf & \"c\""), "{vbs}");
        assert_eq!(complete(source, "js", " "), " ");
        assert_eq!(complete("<job/>", "js", "getResource('cmd')"), "getResource('cmd')");
    }

    #[test]
    fn registrations_are_told() {
        let source = "<scriptlet><registration progid='x.y' classid='{1}'><script>go()</script></registration></scriptlet>";
        let facts = Declared::read(source, Syntax::Xml).facts;
        assert_eq!(facts, [Fact::Header { name: "scriptlet", value: "x.y".into() }]);
    }

    #[test]
    fn names_that_are_none_and_damage_do_no_harm() {
        let source =
            "<object id='a b' progid='WScript.Shell'/><object id=c progid='x\");y(\"'/><resource id=r>text";
        assert_eq!(complete(source, "js", "getResource('r')"), "\"text\"");
        for length in 0..source.len() {
            let mut bytes = source.as_bytes().to_vec();
            bytes[length] ^= 1 << (length % 7);
            complete(&String::from_utf8_lossy(&bytes), "js", "getResource('r'");
            complete(source.get(..length).unwrap(), "vbs", "getResource(");
        }
        let many = format!("<resource id=r>{}</resource>", "x".repeat(100_000));
        let script = "getResource('r');".repeat(1000);
        assert!(complete(&many, "js", &script).len() <= script.len() + GROWTH + 2000);
    }
}
