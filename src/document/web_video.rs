//! Videos on the web in documents of Word: the markup that Word shows in a browser of its own when the picture is
//! pressed ([MS-DOCX] 2.5.4, `webVideoPr`). It may hold any script; where it holds none, only where its frame leads is a
//! fact.

use super::xml::{self, Node};
use crate::artifact::{Child, Fact, Opened};
use crate::limits::{Budget, Stop};

/// Videos of one part that are given out.
const MOST: usize = 64;

/// Gives the markup of every video in a part.
pub(super) fn give(part: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if memchr::memmem::find(part, b"webVideoPr").is_none() {
        return Ok(());
    }
    let mut pages = Vec::new();
    xml::walk(part, &mut |node| {
        if let Node::Open { name: "webVideoPr", attributes } = node
            && let Some(markup) = attributes.value("embeddedHtml").filter(|markup| !markup.is_empty())
            && pages.len() < MOST
        {
            pages.push(markup.to_string());
        }
    });
    for page in pages {
        if !is_active(&page) {
            let target = frame(&page).unwrap_or_default();
            out.facts.push(Fact::External { relation: "web-video".into(), target });
            continue;
        }
        budget.pay(page.len() as u64)?;
        out.push(Child::new("video.html", "web-video", page.into_bytes()).of_kind("html"), budget)?;
    }
    Ok(())
}

/// Whether markup does more than to show a frame.
fn is_active(page: &str) -> bool {
    let page = page.to_lowercase();
    ["<script", "script:", "data:", "<form", "<meta", "srcdoc"].iter().any(|word| page.contains(word))
        || page.split_whitespace().any(|word| word.starts_with("on") && word.contains('='))
}

/// Where the first frame of markup leads.
fn frame(page: &str) -> Option<String> {
    let at = page.to_ascii_lowercase().find("src=")?;
    let value = page.get(at + 4..)?.trim_start_matches(['"', '\'', ' ']);
    value.split(['"', '\'', ' ', '>']).next().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn opened(part: &str) -> Opened {
        let mut out = Opened::default();
        give(part.as_bytes(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    fn given(part: &str) -> Vec<String> {
        opened(part).children.into_iter().map(|child| String::from_utf8(child.bytes).unwrap()).collect()
    }

    #[test]
    fn the_markup_of_a_video_is_a_page() {
        let part = "<wp15:webVideoPr embeddedHtml=\"&lt;script&gt;x&lt;/script&gt;\" h=\"1\"/>";
        assert_eq!(given(part), ["<script>x</script>"]);
        assert_eq!(given("<wp15:webVideoPr h=\"1\"/><a embeddedHtml=\"x\"/>"), [""; 0]);
        assert_eq!(given(&part.repeat(100)).len(), MOST);
        assert_eq!(given("<webVideoPr embeddedHtml=\"&lt;img src=x onerror=y&gt;\"/>").len(), 1);
        let frame = "<webVideoPr embeddedHtml=\"&lt;iframe width='5' src='https://video.example/a'&gt;&lt;/iframe&gt;\"/>";
        let want = Fact::External { relation: "web-video".into(), target: "https://video.example/a".into() };
        assert_eq!((opened(frame).facts, given(frame).len()), (vec![want], 0));
    }
}
