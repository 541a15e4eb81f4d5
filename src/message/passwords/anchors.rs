//! The words that announce a password, in the languages in which attackers and offices write them.
//!
//! A table entry is spelled as the match view spells it. A space in an entry stands for any thin join, so that
//! `pass word` also finds `password`, `pass-word` and `Pass Word`, and `パ ス ワ ー ド` its spaced-out label.

use super::table::{self, Rows};
use super::view::{Line, is_cjk, is_katakana};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// How sure an anchor is of what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// It means a password and nothing else.
    Sure,
    /// A short form that also means other things (`pass`, `パス`).
    Short,
    /// A word that means a password only with a separator after it (`key`, `code`).
    Weak,
    /// What is done with a password; it stands before the verb (`X を入力`).
    VerbAfter,
    /// What is done with a password; it stands after the verb (`unlock with X`).
    VerbBefore,
}

/// What may stand beside an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// Anything: scripts without spaces.
    Free,
    /// No letter after it; compounds may stand before (`Archivpasswort`).
    End,
    /// No letter or digit on either side.
    Word,
    /// No katakana on either side (`バイパス`, `パスポート`).
    Kana,
}

/// An anchor found on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its characters on the line.
    pub(super) span: Range<usize>,
    /// How sure it is.
    pub(super) strength: Strength,
}

/// Strength, edge, and the spellings with a bar between.
type Row = (Strength, Edge, Rows);

const TABLE: &[Row] = &[
    (
        Strength::Sure,
        Edge::Free,
        &[
            "パ ス ワ ー ド|パ ス ワ ド|ぱすわーど|パスフレーズ|パスコード|暗証番号|暗証コード|暗証キー",
            "暗証文字|合言葉|合い言葉|合ことば|あいことば|解凍キー|解凍鍵|解凍コード|解凍用キー",
            "解凍番号|復号キー|復号鍵|復号コード|復号化キー|暗号キー|暗号鍵|解除キー|解除コード",
            "解除番号|解錠キー|解錠コード|開封キー|開封コード|展開キー|閲覧キー|閲覧コード",
            "認証キー|アクセスキー|アクセスコード|セキュリティコード|セキュリティキー",
            "ロック解除コード|ピンコード|密码|密碼|口令|解压码|解壓碼|提取码|提取碼|비밀번호",
            "비밀 번호|암호|패스워드|비번|รหัสผ่าน|پسورد|पासवर्ड|كلمة المرور|كلمة السر|סיסמה",
            "סיסמא",
        ],
    ),
    (
        Strength::Sure,
        Edge::End,
        &[
            "p a s s w o r d|pass word|pass wort|pass words|pass phrase|pass code|pass key|pass wd|kenn wort",
            "kenn wörter|zugangs code|zugangs daten|contraseña|contrasena|contraseñas|contrasenya",
            "senha|senhas|wacht woord|hasło|haslo|hasłem|hasła|heslo|heslem|hesla|пароль|пароля",
            "паролем|паролі|пароли|lösenord|losenord|adgangskode|kode ord|passord|salasana",
            "salasanaa|jelszó|jelszo|jelszava|şifre|şifresi|sifre|sifresi|lozinka|šifra|geslo",
            "slaptažodis|parool|parole|parola|mật khẩu|mat khau|kata sandi|kata laluan|κωδικός",
            "κωδικος|συνθηματικό|parolă|pasahitza",
        ],
    ),
    (
        Strength::Sure,
        Edge::Word,
        &[
            "mot de passe|mots de passe|code d accès|code d'accès|code d'acces|code secret|mdp",
            "parola d'ordine|parola chiave|codice di accesso|palavra passe|palavra chave|pwd|psw",
            "psswd|passw|pswd|pword|unlock code|unlock key|access code|access key|decryption key",
            "decrypt key|opening code|archive key|zip key|extraction code|security code",
            "secret code|secret word|secret key|personal code|file code|document code",
            "clave de acceso|código de acceso|codigo de acceso|код доступа|кодовое слово",
        ],
    ),
    (Strength::Short, Edge::Word, &["p w|pass|clave|пасс|pw's|zippw|zip pass|zippass"]),
    (Strength::Short, Edge::Kana, &["パ ス"]),
    (
        Strength::Weak,
        Edge::Word,
        &[
            "key|code|pin|pin code|secret|kod|код|ключ|schlüssel|codice|código|codigo|clé|chiave",
            "combination|unlock|token|credential|credentials",
        ],
    ),
    (Strength::Weak, Edge::Kana, &["キー|コード"]),
    (Strength::Weak, Edge::Free, &["解凍用|復号用|開封用|解除用|展開用|閲覧用|鍵|暗号|暗証|解凍|解除"]),
    (
        Strength::VerbAfter,
        Edge::Free,
        &[
            "とご入力|と入力|と入れ|と打|とタイプ|でロック|にてロック|で開け|で開く|で開き|で開封|で解凍",
            "にて解凍|で展開|で復号|で解除|で解錠|で暗号|にて暗号|を入力|をご入力|を打ち込|を入れ",
            "をタイプ|を使用|をご使用|を使って|をお使い|を用い|を設定|を鍵|で保護|でご確認|で閲覧",
            "でご覧|でお開き|にてお開き|でご開封",
        ],
    ),
    (
        Strength::VerbAfter,
        Edge::Word,
        &[
            "to open|to unlock|to extract|to decrypt|to unzip|to view|opens the|unlocks the",
            "opens it|unlocks it|will open|will unlock|when asked|when prompted|if asked",
            "if prompted|as the key",
        ],
    ),
    (
        Strength::VerbBefore,
        Edge::Word,
        &[
            "protected with|protected by|encrypted with|encrypted by|encrypted using|locked with",
            "locked by|unlock with|unlock it with|unlock using|open with|open it with|opened with",
            "open using|opens with|extract with|extract using|unzip with|decrypt with|unzip using",
            "decrypt using|unpack with|secured with|please use|use|using|please enter|enter|type",
            "type in|please type|geschützt mit|protégé par|protetto da|protegido con",
        ],
    ),
];

/// The table by first character, so that a line is walked once.
static BY_FIRST: LazyLock<HashMap<char, Vec<Entry>>> = LazyLock::new(|| {
    let mut map: HashMap<char, Vec<Entry>> = HashMap::new();
    for &(strength, edge, words) in TABLE {
        for word in table::words(words) {
            if let Some(first) = word.chars().next() {
                map.entry(first).or_default().push(Entry { word, strength, edge });
            }
        }
    }
    map
});

struct Entry {
    word: &'static str,
    strength: Strength,
    edge: Edge,
}

/// All anchors of a line from left to right; where several begin at one place, the longest.
pub(super) fn hits(line: &Line) -> Vec<Hit> {
    let mut out = Vec::new();
    let mut place = 0;
    while place < line.len() {
        match longest(&line.key, place) {
            Some(hit) => {
                place = hit.span.end.max(place + 1);
                out.push(hit);
            }
            None => place += 1,
        }
    }
    out
}

/// The end of an anchor inside a file name, where `_pw1234` needs no edge after it.
pub(super) fn in_name(line: &Line) -> Vec<usize> {
    const NAMED: Rows = &["pass word|pass code|パスワード|p w d|p w|pass|パス|暗証番号|key|mdp"];
    let mut out = Vec::new();
    for place in 0..line.len() {
        let free = place
            .checked_sub(1)
            .and_then(|before| line.key.get(before))
            .is_none_or(|c| !c.is_ascii_alphabetic());
        if free
            && let Some(end) = table::words(NAMED).filter_map(|word| spelled(&line.key, place, word)).max()
        {
            out.push(end);
        }
    }
    out
}

fn longest(key: &[char], place: usize) -> Option<Hit> {
    let entries = BY_FIRST.get(key.get(place)?)?;
    entries
        .iter()
        .filter_map(|entry| {
            let end = spelled(key, place, entry.word)?;
            free_beside(key, place..end, entry.edge)
                .then_some(Hit { span: place..end, strength: entry.strength })
        })
        .max_by_key(|hit| hit.span.end)
}

/// Where `word` ends if it is spelled out at `place`.
fn spelled(key: &[char], place: usize, word: &str) -> Option<usize> {
    let mut at = place;
    for wanted in word.chars() {
        if wanted == ' ' {
            let thin =
                key.iter().skip(at).take(2).take_while(|c| matches!(c, ' ' | '-' | '_' | '.' | '/')).count();
            at += thin;
        } else if key.get(at) == Some(&wanted) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

fn free_beside(key: &[char], span: Range<usize>, edge: Edge) -> bool {
    let before = span.start.checked_sub(1).and_then(|at| key.get(at)).copied();
    let after = key.get(span.end).copied();
    let spaced = |c: char| c.is_alphabetic() && !is_cjk(c);
    match edge {
        Edge::Free => true,
        Edge::End => !after.is_some_and(|c| spaced(c) || c.is_ascii_digit()),
        Edge::Word => {
            !before.is_some_and(|c| spaced(c) || c.is_ascii_digit())
                && !after.is_some_and(|c| spaced(c) || c.is_ascii_digit())
        }
        Edge::Kana => !before.is_some_and(is_katakana) && !after.is_some_and(is_katakana),
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::line;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let line = line(text);
        let sure = |hit: &Hit| matches!(hit.strength, Strength::Sure | Strength::Short);
        hits(&line).into_iter().filter(sure).map(|hit| line.folded(hit.span)).collect()
    }

    #[test]
    fn labels_are_found_in_their_spellings() {
        for (text, label) in [
            ("解凍ﾊﾟｽﾜｰﾄﾞ:x", "パスワード"),
            ("パ ス ワ ー ド ： x", "パ ス ワ ー ド"),
            ("ＰＷ：Ｘ", "PW"),
            ("P/W: x", "P/W"),
            ("Pass-Word x", "Pass-Word"),
            ("Archivpasswort: x", "passwort"),
            ("La contraseña es x", "contraseña"),
            ("Пароль x", "Пароль"),
            ("解压密码是x", "密码"),
        ] {
            assert_eq!(found(text), [label], "{text}");
        }
    }

    #[test]
    fn other_words_are_no_labels() {
        for text in ["バイパス工事", "パスポート", "compass", "passenger", "spw1", "monkey", "Password123"]
        {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn the_table_is_spelled_as_the_match_view() {
        for word in TABLE.iter().flat_map(|row| table::words(row.2)) {
            assert_eq!(line(word).key_text(), word);
        }
    }

    #[test]
    fn names_need_no_edge_behind() {
        let name = line("report_pw1234.zip");
        assert_eq!(in_name(&name), [9]);
    }
}
