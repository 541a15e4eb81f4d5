//! What shows that two mails belong together, and how closely.

use super::super::parse;
use super::{LONGEST, header};
use crate::artifact::Fact;
use crate::keyring::Letter;
use crate::kind::{Class, Kind};
use crate::text::nfkc;
use serde::{Deserialize, Serialize};

/// Hours between two mails that belong together by anything but their thread.
pub(super) const HOURS: i64 = 48;

/// By what a mail is known to others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Marks {
    /// Its own id and those of the mails it answers.
    thread: Vec<String>,
    /// Files it carries or names.
    files: Vec<String>,
    /// Its subject as written, and without what replies and notices add.
    subject: String,
    family: Option<String>,
    sender: Option<String>,
    /// The domain of its sender, without the part in which mail servers of one house differ.
    house: Option<String>,
    /// Seconds since 1970.
    time: Option<i64>,
}

/// How two mails belong together; the smaller the nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kin {
    tie: Tie,
    seconds_apart: u64,
}

/// What ties two mails, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    Thread,
    File,
    Family,
    Sender,
    House,
}

impl Kin {
    /// The rank of a candidate that a mail of this kinship lends: behind what the message itself says as surely.
    pub(super) fn rank(self, own: u8) -> u8 {
        let tie = match self.tie {
            Tie::Thread | Tie::File => 1,
            Tie::Family => 2,
            Tie::Sender => 3,
            Tie::House => 5,
        };
        own.saturating_add(tie)
    }
}

/// Ids, files and words of one mail that are kept.
const MOST: usize = 32;

impl Marks {
    /// The marks of a message by its header facts and its letter.
    pub(super) fn of(facts: &[Fact], letter: &Letter) -> Self {
        let ids = |name| header(facts, name).into_iter().flat_map(ids);
        let subject = header(facts, "subject").unwrap_or_default();
        let sender = header(facts, "from").and_then(address);
        let house = sender.as_deref().and_then(house);
        Self {
            thread: ids("message-id").chain(ids("in-reply-to")).chain(ids("references")).take(MOST).collect(),
            files: files(letter),
            subject: subject.chars().take(80).collect(),
            family: family(subject),
            sender,
            house,
            time: header(facts, "date").and_then(parse::time),
        }
    }

    /// Whether it is as large as reading a mail makes it.
    pub(super) fn is_sound(&self) -> bool {
        let names = [&self.family, &self.sender, &self.house].into_iter().flatten();
        let texts = self.thread.iter().chain(&self.files).chain(names).chain([&self.subject]);
        let is_few = self.thread.len() <= MOST && self.files.len() <= 2 * MOST;
        is_few && texts.map(String::len).all(|length| length <= LONGEST)
    }

    /// Every mark as a key of the index.
    pub(super) fn all(&self) -> Vec<String> {
        let threads = self.thread.iter().map(|id| format!("id {id}"));
        let files = self.files.iter().map(|file| format!("file {file}"));
        let family = self.family.iter().map(|family| format!("subject {family}"));
        let sender = self.sender.iter().map(|sender| format!("from {sender}"));
        let house = self.house.iter().map(|house| format!("house {house}"));
        threads.chain(files).chain(family).chain(sender).chain(house).collect()
    }

    /// How a mail with the other marks belongs to one with these; `None` if it does not.
    pub(super) fn kin(&self, other: &Self) -> Option<Kin> {
        let share = |mine: &[String], theirs: &[String]| mine.iter().any(|mark| theirs.contains(mark));
        let same = |mine: &Option<String>, theirs: &Option<String>| mine.is_some() && mine == theirs;
        let seconds_apart = self.time.zip(other.time).map(|(mine, theirs)| mine.abs_diff(theirs));
        let is_near = seconds_apart.is_some_and(|seconds| seconds <= HOURS.unsigned_abs() * 3600);
        let tie = match () {
            () if share(&self.thread, &other.thread) => Tie::Thread,
            () if !is_near => return None,
            () if share(&self.files, &other.files) => Tie::File,
            () if same(&self.family, &other.family) => Tie::Family,
            () if same(&self.sender, &other.sender) => Tie::Sender,
            () if same(&self.house, &other.house) => Tie::House,
            () => return None,
        };
        Some(Kin { tie, seconds_apart: seconds_apart.unwrap_or(u64::MAX) })
    }

    /// Its time as a place in an order; a mail without one stands at the beginning.
    pub(super) fn seconds(&self) -> i64 {
        self.time.unwrap_or(i64::MIN)
    }

    /// The mail in words.
    pub(super) fn title(&self, place: &str) -> String {
        if self.subject.is_empty() { place.to_string() } else { format!("“{}” ({place})", self.subject) }
    }
}

/// The ids in a field: what stands between angle brackets.
fn ids(field: &str) -> Vec<String> {
    let ids = field.split('<').skip(1).filter_map(|piece| piece.split_once('>'));
    ids.map(|(id, _)| id.trim().to_lowercase()).filter(|id| id.len() > 3).collect()
}

/// The address of a From field.
fn address(field: &str) -> Option<String> {
    let inside = field.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    let words = field.split(|c: char| c.is_whitespace() || "<>()\",;".contains(c));
    let found = inside.into_iter().chain(words).find(|word| word.contains('@'))?;
    Some(found.trim().to_lowercase())
}

/// What mail servers of one house share in their domains: its last labels, one more where those are a public
/// suffix of the usual form (`co.jp`, `city.kyoto.jp` by its length).
fn house(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let labels: Vec<&str> = domain.split('.').filter(|label| !label.is_empty()).collect();
    let [.., second, last] = labels.as_slice() else { return None };
    let is_suffix = last.len() == 2 && second.len() <= 3;
    let count = if is_suffix { 3 } else { 2 };
    let house = labels.get(labels.len().checked_sub(count)?..)?.join(".");
    Some(house).filter(|house| !FREE.contains(&house.as_str()))
}

/// Houses in which strangers live.
const FREE: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "outlook.jp",
    "hotmail.com",
    "hotmail.co.jp",
    "live.jp",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.co.jp",
    "ymail.ne.jp",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "softbank.ne.jp",
    "nifty.com",
    "ocn.ne.jp",
    "plala.or.jp",
    "biglobe.ne.jp",
    "so-net.ne.jp",
];

/// Names of archives and documents that a mail carries or speaks of.
fn files(letter: &Letter) -> Vec<String> {
    let is_between =
        |c: char| c.is_whitespace() || "「」『』【】[]()<>（）＜＞［］:：、。,;\"“”'=＝".contains(c);
    let words = letter.texts.iter().flat_map(|text| text.split(is_between));
    let names = letter.names.iter().map(String::as_str).chain(words.filter(|word| is_file(word)));
    let mut files: Vec<String> = names.map(|name| nfkc(name).trim().to_lowercase()).collect();
    files.sort_unstable();
    files.dedup();
    files.retain(|file| file.len() > 4);
    files.truncate(MOST);
    files
}

fn is_file(word: &str) -> bool {
    word.len() <= 200
        && word.contains('.')
        && Kind::by_name(&nfkc(word))
            .is_some_and(|kind| matches!(kind.class, Class::Archive | Class::Document))
        && !word.contains("//")
        && !word.contains('@')
}

/// A subject without what replies, mailing lists and notices of passwords put around it; none if little is left.
fn family(subject: &str) -> Option<String> {
    let mut rest = nfkc(subject).to_lowercase();
    for word in ADDED {
        rest = rest.replace(word, " ");
    }
    let kept: String = rest.chars().filter(|c| c.is_alphanumeric()).collect();
    (kept.chars().count() >= 3).then_some(kept)
}

/// Words that a reply or a notice adds to a subject, the longer before those they contain.
const ADDED: &[&str] = &[
    "パスワード通知",
    "パスワードのお知らせ",
    "パスワードのご連絡",
    "パスワードをお知らせします",
    "添付ファイルのパスワード",
    "のパスワード",
    "パスワード",
    "解凍",
    "開封",
    "添付ファイル",
    "送付の件",
    "の送付",
    "送付",
    "について",
    "の件",
    "お知らせ",
    "ご連絡",
    "通知",
    "自動送信",
    "返信",
    "転送",
    "password for",
    "password",
    "passwd",
    "pw:",
    "[pw]",
    "【pw】",
    "re:",
    "fwd:",
    "fw:",
    "aw:",
    "wg:",
    "sv:",
    "rv:",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_same_in_its_reply_and_its_notice() {
        for (one, other) in [
            ("見積書", "【パスワード通知】見積書"),
            ("見積書", "Re: 見積書の件"),
            ("見積書", "パスワードをお知らせします　「見積書」送付の件"),
            ("March report", "[PW] RE: march report"),
            ("March report", "Password for ＭＡＲＣＨ report"),
        ] {
            assert_eq!(family(one), family(other), "{one} / {other}");
            assert!(family(one).is_some());
        }
        assert_eq!(family("Re: パスワードについて"), None);
        assert_ne!(family("見積書"), family("請求書"));
    }

    #[test]
    fn servers_of_one_house_share_it_and_free_mail_is_none() {
        for (address, want) in [
            ("a@kaisha.co.jp", Some("kaisha.co.jp")),
            ("a@pw.gateway.kaisha.co.jp", Some("kaisha.co.jp")),
            ("a@mail.firm.example", Some("firm.example")),
            ("a@gmail.com", None),
            ("a@localhost", None),
            ("nobody", None),
        ] {
            assert_eq!(house(address).as_deref(), want, "{address}");
        }
    }

    #[test]
    fn addresses_and_ids_are_taken_from_odd_fields() {
        assert_eq!(address("\"a@b.test\" <C@D.test>").as_deref(), Some("c@d.test"));
        assert_eq!(address("x@y.test (Name)").as_deref(), Some("x@y.test"));
        assert_eq!(address("no one"), None);
        assert_eq!(ids(" <A@b.test>\r\n <c@d.test> broken <e"), ["a@b.test", "c@d.test"]);
    }

    #[test]
    fn names_of_files_are_found_in_texts() {
        let letter = Letter {
            texts: vec!["添付ファイル名：「見積書_0302.zip」です。http://x.test/a.zip a@b.zip".into()],
            names: vec!["Ｆ.ＺＩＰ".into()],
            ..Letter::default()
        };
        assert_eq!(files(&letter), ["f.zip", "見積書_0302.zip"]);
    }
}
