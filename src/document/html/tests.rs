use super::*;
use crate::artifact::{Fact, Tree};
use crate::limits::Limits;

/// What is found in a file of that name: children by name, kind and content; facts.
fn opened(name: &str, bytes: &[u8]) -> (Vec<(String, String, String)>, Vec<String>) {
    let tree = Tree::new(Child::new(name, "attachment", bytes.to_vec()));
    let artifact = tree.get(0).unwrap();
    let mut out = Opened::default();
    if Html.matches(artifact) {
        Html.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    let child = |child: &Child| {
        let kind = child.kind.map_or("", |kind| kind.id).to_string();
        (child.name.clone(), kind, String::from_utf8_lossy(&child.bytes).into_owned())
    };
    let fact = |fact: &Fact| match fact {
        Fact::External { relation, target } => format!("{relation} {target}"),
        other => format!("{other:?}"),
    };
    (out.children.iter().map(child).collect(), out.facts.iter().map(fact).collect())
}

#[test]
fn scripts_handlers_and_script_links_are_one_text() {
    let page =
        b"<html><body onload='go()'><script>var a = '<b>';</script><a href=' java\nscript:x%28%29'>t</a>\
        <script type='application/json'>{}</script><script language=VBScript>Dim x</script>";
    let (children, _) = opened("a.html", page);
    let texts: Vec<(&str, &str)> = children.iter().map(|child| (&*child.1, &*child.2)).collect();
    assert_eq!(texts[0], ("js", "go()\nvar a = '<b>';\nx()\n"));
    assert_eq!(texts[1].0, "vbs");
    assert_eq!(texts[1].1.trim(), "Dim x");
    assert_eq!(texts[2], ("text", "t"));
}

#[test]
fn scripts_of_pictures_have_references_and_sections() {
    let svg = b"<?xml version=\"1.0\"?><svg xmlns=\"x\"><title/><script href=\"https://a.example/x.js\"/>\
        <script>&#x61;()<![CDATA[;b(1<2)]]></script><foreignObject/></svg>";
    let (children, facts) = opened("a.svg", svg);
    assert_eq!(children[0].2.trim(), "a();b(1<2)");
    assert_eq!(facts, ["link https://a.example", "script https://a.example/x.js", "foreign-object "]);
}

/// The scripts and facts of a picture of that inside.
fn picture(source: &str) -> (String, String) {
    let (children, facts) = opened("a.svg", source.as_bytes());
    let scripts = children.iter().filter(|child| child.1 == "js").map(|child| child.2.as_str()).collect();
    (scripts, facts.join("\n"))
}

#[test]
fn torn_pictures_are_read_as_pages_too() {
    let scripts = [
        "junk & < <svg xmlns=x><script>a<b?0:location='//a.example'</script>",
        "<svg><script>go()",
        "<svg><g><script>if(a<b){go()}</script></svg>",
        "<svg><style><![CDATA[</style><script>go()</script></svg>",
        "<svg onload=go()><circle",
        "<svg><title><script>go()</script></svg>",
        "<svg><script/><a xlink:href='javascript:go()'>x",
        "<x:svg xmlns:x='http://www.w3.org/2000/svg'><x:script>go()</x:script></x:svg>",
        "<?xml version='1.0'?><x:svg xmlns:x='s'><x:script>go()</x:script></x:svg>",
        "<!DOCTYPE svg [<!ENTITY g 'go'>]><svg><script>&g;()</script></svg>",
        "<!DOCTYPE svg [<!ENTITY g '<script>go()</script>'>]><svg>&g;</svg>",
    ];
    for source in scripts {
        let (script, _) = picture(source);
        assert!(script.contains("go()") || script.contains("location='//a.example'"), "{source}: {script}");
    }
    let facts = [
        (
            "<svg><foreignObject><form action=https://f.example/x><input type=password>",
            "form-password https://f",
        ),
        (
            "<svg><style><meta http-equiv=refresh content='0;url=https://r.example/'>",
            "refresh https://r.example",
        ),
        ("<svg><h:iframe src='https://i.example/'></svg>", "frame https://i.example"),
        ("<svg><script xlink:href='https://s.example/a.js'/></svg>", "script https://s.example"),
    ];
    for (source, want) in facts {
        let (_, facts) = picture(source);
        assert!(facts.contains(want), "{source}: {facts}");
    }
    let data = "<svg><g><a xlink:href='data:text/html,%3Cscript%3Ex()%3C/script%3E' /></svg>";
    let (children, _) = opened("a.svg", data.as_bytes());
    assert_eq!(children.iter().filter(|child| child.1 == "html").count(), 1);
}

#[test]
fn well_formed_pictures_are_read_once() {
    let (children, facts) =
        opened("a.svg", b"<svg xmlns='x'><script>go()</script><a href='http://a.example/x'/></svg>");
    assert_eq!(children.len(), 1);
    assert_eq!(facts, ["link http://a.example"]);
}

#[test]
fn scripts_of_pictures_in_pages_have_references() {
    let page = "<html><svg><script>&#103;o(1<2 && 3)</script><title><b onclick='in()'></title></svg><title>a<b onclick='out()'></title>\
        <script>raw('&#103;')</script>";
    let (children, _) = opened("a.html", page.as_bytes());
    let script = &children[0].2;
    for want in ["go(1<2 && 3)", "in()", "raw('&#103;')"] {
        assert!(script.contains(want), "{want} in {script}");
    }
    assert!(!script.contains("out()"));
}

#[test]
fn torn_pictures_of_any_damage_end() {
    let source = "<!DOCTYPE svg [<!ENTITY g 'go'>]><svg><g><style>a</style><script>&g;(a<b)</script><foreignObject><form action=//f.example><input type=password></g>";
    for length in 0..source.len() {
        picture(source.get(..length).unwrap());
        for bit in 0..8 {
            let mut bytes = source.as_bytes().to_vec();
            bytes[length] ^= 1 << bit;
            opened("a.svg", &bytes);
        }
    }
    picture(&"<svg><g>".repeat(20_000));
}

#[test]
fn players_of_old_pages_lead_nowhere() {
    let object =
        |class: &str| format!("<object classid='clsid:{class}' codebase='http://c.example/a.cab'></object>");
    let leads =
        |page: String| opened("a.html", page.as_bytes()).1.iter().any(|fact| fact.contains("c.example"));
    assert!(leads(object("11111111-0000-0000-0000-000000000000")));
    assert!(!leads(object("D27CDB6E-AE6D-11cf-96B8-444553540000")));
}

#[test]
fn ways_out_are_told() {
    let page = b"<base href=http://b.example/><meta http-equiv=Refresh content=\"0; URL='https://r.example/a'\">\
        <form action='https://f.example/post.php'><input type=password name=p></form><iframe src=//i.example/x></iframe>\
        <a href='search-ms:query=x&crumb=location:\\\\\\\\s.example'>x</a><object data='http://o.example/a.hta'></object>\
        <a download='x.zip' href='blob:1'>y</a>";
    let (_, facts) = opened("a.html", page);
    for want in [
        "base http://b.example/",
        "refresh https://r.example/a",
        "form-password https://f.example/post.php",
        "frame //i.example/x",
        "object http://o.example/a.hta",
        "download x.zip",
    ] {
        assert!(facts.iter().any(|fact| fact == want), "{want} in {facts:?}");
    }
    assert!(facts.iter().any(|fact| fact.starts_with("protocol search-ms:")), "{facts:?}");
    assert_eq!(opened("a.html", b"<input type=password>").1, ["form-password "]);
}

#[test]
fn data_that_is_more_than_a_picture_is_opened() {
    let page = b"<img src='data:image/png;base64,iVBORw0KGgo='><a download=a.zip href='data:application/zip;base64,UEsDBAoAAAA='>x</a>\
        <iframe src='data:text/html,%3Cscript%3Ex%3C/script%3E'></iframe><iframe srcdoc='&lt;form>%41'></iframe>\
        <style>a{background:url(data:image/png;base64,AA)}</style>";
    let (children, _) = opened("a.html", page);
    let found: Vec<(&str, &str)> = children.iter().map(|child| (&*child.0, &*child.1)).collect();
    assert_eq!(found[..3], [("a.zip", "zip"), ("", "html"), ("srcdoc", "html")]);
    assert_eq!(children[2].2, "<form>%41");
}

#[test]
fn bodies_without_anything_active_are_left() {
    let mut tree =
        Tree::new(Child::new("", "body", b"<html><p>Hello <a href='http://a.example'>x</a>".to_vec()));
    assert!(!Html.matches(tree.get(0).unwrap()));
    tree.get_mut(0).unwrap().bytes = b"<html><ScRiPt>x".to_vec();
    assert!(Html.matches(tree.get(0).unwrap()));
}

#[test]
fn applications_that_hide_are_told_and_wide_pages_read() {
    let hta = "<html><hta:application windowstate='minimize'/><script>x()</script>";
    let (children, facts) = opened("a.hta", hta.as_bytes());
    assert_eq!(children[0].2.trim(), "x()");
    assert!(facts[0].contains("hta-hidden-window"));
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(hta.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(opened("a.hta", &wide).0[0].2.trim(), "x()");
}

#[test]
fn damaged_pages_end() {
    let page = "<html><form action='http://a.example'><input type=password><a href='data:;base64,UEsDBA'><script>x</script><style>a{b:url(data:,a)}</style>";
    for length in 0..page.len() {
        opened("a.html", page.as_bytes().get(..length).unwrap());
        let mut bytes = page.as_bytes().to_vec();
        bytes[length] ^= 1 << (length % 8);
        opened("a.html", &bytes);
    }
    let (_, facts) = opened("a.html", "<a href='search-ms:x%N'>".repeat(9).replace("%N", "y").as_bytes());
    assert_eq!(facts.len(), 1);
}

#[test]
fn only_elements_of_pages_make_xml_a_page() {
    let rows = [
        ("<a xmlns:script='urn:x' xmlns:svg='urn:y'><office:scripts/><office:script-x/></a>", false),
        ("<a><svg:desc>:script</svg:desc></a>", false),
        ("<a><x:script xmlns:x='http://www.w3.org/1999/xhtml'>go()</x:script></a>", true),
        ("<script:event-listener script:language='x'/>", false),
        ("<a><x:script/></a>", true),
        ("<a><Script>", true),
        ("<a><文:html></文:html></a>", true),
        ("<a><x:svg", true),
    ];
    for (xml, want) in rows {
        let tree = Tree::new(Child::new("a.xml", "attachment", xml.into()).of_kind("xml"));
        assert_eq!(Html.matches(tree.get(0).unwrap()), want, "{xml}");
    }
}
