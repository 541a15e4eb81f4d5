//! A script that carries a cipher text and runs what it decrypts. Honest scripts decrypt what they are given.

use super::{Check, Heuristic, tricks};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::{pages, scripts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-decrypts-itself",
    strength: Strength::Medium,
    title_en: "A script carries encrypted content and decrypts it when it runs",
    title_ja: "スクリプトが暗号化された中身を持ち、実行時に元に戻します",
    attack: &["T1027.013", "T1140"],
    page: include_str!("../../../docs/rules/script-decrypts-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    holders(tree, "script-decrypts", hit);
}

/// Hits the page or script in which a trick was found, once.
pub(super) fn holders(tree: &Tree, wanted: &str, hit: &mut Check) {
    for bundle in pages(tree).into_iter().chain(scripts(tree)) {
        let members = |id: usize| bundle.members().any(|member| member.id == id);
        if let Some((_, detail)) = tricks(tree, wanted).find(|(artifact, _)| members(artifact.id)) {
            hit(bundle.holder.id, detail.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn what_decrypts_itself_hits_and_what_decrypts_for_others_does_not() {
        let cipher = "U2FsdGVkX19mbNZ7xkfP0LrtY5uVhG2d9QWbmNZ7xkfP0Lr=";
        let page = format!("<html><script>document.write(CryptoJS.AES.decrypt('{cipher}', 'k'));</script>");
        assert_eq!(hits(&RULE, "a.html", page.as_bytes()), ["AES by CryptoJS"]);
        let script = format!("var p = CryptoJS.AES.decrypt('{cipher}', 'k'); eval(p);");
        assert_eq!(hits(&RULE, "a.js", script.as_bytes()).len(), 1);
        for page in [
            "<html><script src='https://cdn.example/crypto-js.js'></script><script>el.innerHTML = CryptoJS.AES.decrypt(t, k);</script>".to_string(),
            format!("<html><script>var k = prompt('Password'); document.write(CryptoJS.AES.decrypt('{cipher}', k));</script>"),
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()), [""; 0], "{page}");
        }
    }
}
