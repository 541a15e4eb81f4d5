//! A page that holds a file as text and has the browser save it: it never passes the mail system as a file.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::pages;

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-smuggling-archive",
    strength: Strength::Strong,
    title_en: "The web page builds an archive or program on the reader's computer",
    title_ja: "Webページの中に圧縮ファイルやプログラムが隠されています",
    attack: &["T1027.006"],
    page: include_str!("../../../docs/rules/html-smuggling-archive.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree) {
        let saves = page.has(Sign::SavesFile) || page.leads("download").next().is_some();
        if let Some(file) = page.payload(tree).filter(|_| saves) {
            let name = page.first(Sign::SavesFile).unwrap_or_default();
            hit(page.holder.id, format!("{}: {} bytes {name}", file.kind.id, file.size));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn smuggled_files_hit() {
        for page in [
            "<html><script>var b = new Blob([atob('%Z')]); a.href = URL.createObjectURL(b); a.download = 'x.zip'; a.click();</script>",
            "<html><div id=d>%Z</div><script>navigator.msSaveOrOpenBlob(f(d.innerText), 'x.zip');</script>",
            "<html><a download='x.zip' href='data:application/zip;base64,%Z'>open</a>",
            "<svg xmlns='http://www.w3.org/2000/svg'><script>var d = '%Z'; u = URL.createObjectURL(b); a.download = 'a.zip';</script></svg>",
            "<html><script>var d = '%A' + '%B'; u = URL.createObjectURL(b); a.download = 'a.zip';</script>",
            "<html><script>var d = '%R'.split('').reverse().join(''); u = URL.createObjectURL(b); a.download = 'a.zip';</script>",
        ] {
            assert_eq!(hits(&RULE, "a.html", fill(page).as_bytes()).len(), 1, "{page}");
        }
    }

    #[test]
    fn pages_that_offer_other_things_do_not() {
        for page in [
            "<html><script>window.data = '%Z';</script>",
            "<html><script>u = URL.createObjectURL(b); a.download = 'plot.png'; a.click();</script>",
            "<html><a download href='https://a.example/x.zip'>x</a>",
            "<html><script>var head = '0M8R4KGxGuEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='; u = URL.createObjectURL(b); a.download = 'a.xls';</script>",
        ] {
            assert_eq!(hits(&RULE, "a.html", fill(page).as_bytes()), [""; 0], "{page}");
        }
    }

    /// Puts a ZIP with a script in it where `%Z` stands; in halves for `%A` and `%B`, backwards for `%R`.
    fn fill(page: &str) -> String {
        const ZIP: &str = "UEsDBAoAAAAAAAAAIQAxvHBDBwAAAAcAAAAEAAAAYS5qc3ZhciBhPTFQSwECFAAKAAAAAAAAACEAMbxwQwcAAAAHAAAABAAAAAAAAAAAAAAAAAAAAAAAYS5qc1BLBQYAAAAAAQABADIAAAApAAAAAAA=";
        let (first, second) = ZIP.split_at(30);
        let backwards: String = ZIP.chars().rev().collect();
        page.replace("%Z", ZIP).replace("%A", first).replace("%B", second).replace("%R", &backwards)
    }
}
