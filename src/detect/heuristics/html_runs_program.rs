//! An attached page whose script starts programs of Windows or writes files. In an old browser, or in a program that
//! shows pages with it, it may; pages that were infected by a virus have such a script at their end.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Sign, Tree};
use crate::detect::Strength;
use crate::detect::scripts::pages;

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-runs-program",
    strength: Strength::Medium,
    title_en: "A script in the web page starts a program of Windows or writes files",
    title_ja: "Webページの中のスクリプトが、プログラムを起動するか、ファイルを書き込もうとします",
    attack: &["T1059.005", "T1059.007", "T1204.002"],
    page: include_str!("../../../docs/rules/html-runs-program.md"),
    check,
};

/// What a script of a page shows that does more than pages may.
const TELLING: &[Sign] = &[Sign::ProcessStart, Sign::FileWrite, Sign::Shellcode];

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree).into_iter().filter(|page| page.holder.kind.id == "html") {
        let scripts = page.members().filter(|artifact| artifact.via == "html-script");
        let mut signs = scripts.flat_map(|script| {
            // The language of the browser only has such objects by that one; texts of it name them too.
            let makes =
                script.kind.id == "vbs" || memchr::memmem::find(&script.bytes, b"ActiveXObject(").is_some();
            script.facts.iter().filter(move |_| makes)
        });
        let shown = signs.find_map(|fact| match fact {
            Fact::Sign { sign, text, .. } if TELLING.contains(sign) => Some(text.clone()),
            _ => None,
        });
        if let Some(shown) = shown {
            hit(page.holder.id, shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn scripts_that_start_something_hit_and_pages_do_not() {
        for (page, want) in [
            ("<html><script language=VBScript>CreateObject(\"WScript.Shell\").Run \"calc\", 0</script>", 1),
            (
                "<html><body>x</body></html><script language=VBScript>Set f = CreateObject(\"Scripting.FileSystemObject\")\nSet t = f.CreateTextFile(\"a.exe\", True)</script>",
                1,
            ),
            ("<html><script>new ActiveXObject('WScript.Shell').Run('calc');</script>", 1),
            ("<html><script>var x = new ActiveXObject('Microsoft.XMLHTTP');</script>", 0),
            ("<html><script>code.textContent = \"CreateObject('WScript.Shell')\";</script>", 0),
            ("<html><pre>CreateObject(\"WScript.Shell\").Run \"calc\"</pre>", 0),
            ("<html><script language=VBScript>Sub b_OnClick\nMsgBox \"Hello\"\nEnd Sub</script>", 0),
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()).len(), want, "{page}");
        }
    }
}
