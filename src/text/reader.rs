//! Addresses on the web that tell the site which person comes.

/// Whether a web address tells the site who comes: it bears a mail address, written out or in base64.
pub fn names_reader(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let Some((_, behind)) = rest.split_once(['/', '?', '#']) else { return false };
    let behind = behind.replace("%40", "@");
    behind
        .split(['/', '?', '#', '&', '=', '$', '*', '!'])
        .any(|word| is_mailbox(word) || base64(word).is_some_and(|text| is_mailbox(&text)))
}

/// What a word says in base64, whose padding addresses lose.
fn base64(word: &str) -> Option<String> {
    if !(8..400).contains(&word.len()) {
        return None;
    }
    let (mut bits, mut held, mut bytes) = (0u32, 0u32, Vec::new());
    for letter in word.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.extend(u8::try_from(bits >> held & 0xff));
        }
    }
    String::from_utf8(bytes).ok()
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whether a word is a mail address.
fn is_mailbox(word: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
    };
    let is_letter = |c: char| c.is_ascii_alphabetic();
    word.split_once('@').is_some_and(|(name, host)| {
        let end = host.rsplit_once('.').map_or("", |(_, end)| end);
        let is_host = host.starts_with(is_letter) && end.len() > 1 && end.chars().all(is_letter);
        is_name(name) && is_name(host) && is_host
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_name_their_reader_are_told() {
        for yes in [
            "https://a.example/x?e=desk@bakery.example",
            "https://a.example/#desk%40bakery.example",
            "https://a.example/ZGVza0BiYWtlcnkuZXhhbXBsZQ==",
            "https://a.example/x#a=ZGVza0BiYWtlcnkuZXhhbXBsZQ",
        ] {
            assert!(names_reader(yes), "{yes}");
        }
        for no in [
            "https://user@a.example/x",
            "https://a.example/@name/page",
            "https://a.example/x@2x.png?npm@1.2",
            "mailto:desk@bakery.example",
            "https://a.example/ZGVza3RvcC1iYWNrZ3JvdW5k",
        ] {
            assert!(!names_reader(no), "{no}");
        }
    }
}
