use super::*;
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer;
use crate::limits::Limits;

/// The texts of a script whose look-ups were exchanged, joined by blanks.
pub(super) fn read(source: &str) -> String {
    let tokens = lexer::tokens(source, Dialect::JavaScript);
    let (tokens, _) = resolved(tokens, &mut Budget::new(&Limits::default())).unwrap();
    let texts = tokens.iter().filter_map(|(_, token)| match token {
        Token::Text(text) => Some(text.as_ref()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

const TURNED: &str = "var t=['send','WScript.Shell','Run','open'];(function(a,n){while(--n){a['push'](a['shift']());}}(t,0x2));\
    var g=function(a,b){a=a-0x1f;return t[a];};var h=g;var s=new ActiveXObject(g(0x1f));s[h('0x20')]('x');r[g(33)]();";

#[test]
fn lookups_become_texts() {
    let rows = [
        (
            "var t=['open','send','Run'];function g(a){return t[a];} x[g(0)]();x[g(1)]();",
            "open send Run open send",
        ),
        (TURNED, "send WScript.Shell Run open push shift WScript.Shell Run x open"),
        (
            "function t(){var a=['B3bLBG','C2vUza','uNvU'];t=function(){return a;};return t();}\
             function g(a,b){a=a-5;var l='abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=';return t()[a];}\
             x[g(5)](),x[g(6)](),x[g(7)]()",
            "open send Run",
        ),
        (
            "var t=['aGk=','location','replace','split','hash','href'];var g=function(a){a=a-0x0;return t[a];};\
             window[g('0x1')][g('0x2')](atob(g('0x0'))+window[g('0x1')][g('0x4')]);",
            "location replace aGk= location hash",
        ),
    ];
    for (source, want) in rows {
        assert!(read(source).ends_with(want), "{source}\n{}", read(source));
    }
}

#[test]
fn a_key_of_the_look_up_opens_its_text() {
    let mut codes = b"location".to_vec();
    crate::cipher::Rc4::new(b"k3Yx").apply(&mut codes);
    let text: String = codes.into_iter().map(char::from).collect();
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
    let mut coded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let value = (bits >> (18 - 6 * place)) & 63;
            coded.push(char::from(letters.as_bytes()[usize::try_from(value).unwrap()]));
        }
    }
    let source = format!(
        "var t=['{coded}','x','y'];function g(a,k){{a=a-1;var l='{letters}=';return t[a];}}window[g(1,'k3Yx')]='https://a.example';"
    );
    assert!(read(&source).contains(" location "), "{}", read(&source));
}

#[test]
fn hostile_tables_end() {
    for length in 0..TURNED.len() {
        read(TURNED.get(..length).unwrap());
        let mut bytes = TURNED.as_bytes().to_vec();
        bytes[length] ^= 1 << (length % 7);
        read(&String::from_utf8_lossy(&bytes));
    }
    let wide = format!(
        "var t=[{}'a'];function g(a){{return t[a-1];}}{}",
        "'abc',".repeat(30_000),
        "x[g(1)]();".repeat(20_000)
    );
    read(&wide);
    read(&"function t(){var a=['a','b','c'];".repeat(2_000));
}
