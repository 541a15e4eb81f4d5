//! Every fixed sentence of the reports, in English and in Japanese: one table, looked up by key.
//!
//! The wording follows the Japanese government's guide to plain public writing: the conclusion first, one point a
//! sentence, です・ます, labels of buttons verbatim in 「」. Nothing here ever promises safety or says that a
//! machine is infected: tenpu saw a mail, not the machine.

use serde::Deserialize;

/// The language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The language of a POSIX locale such as `ja_JP.UTF-8`; English for everything that is not Japanese.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ja") { Self::Ja } else { Self::En }
    }
}

/// The sentence of a key.
pub fn say(lang: Lang, key: &str) -> &'static str {
    find(lang, key).unwrap_or_default()
}

/// The word for one member of a family, such as `("via", "zip")`; the member itself where there is no word, so
/// that a new reason is shown by its name and not left out.
pub fn word<'a>(lang: Lang, family: &str, member: &'a str) -> &'a str {
    find(lang, &format!("{family}.{member}")).unwrap_or(member)
}

/// A sentence with its `{}` filled in order. What is filled in is never searched for further `{}`.
pub fn fill(lang: Lang, key: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut pieces = say(lang, key).split("{}");
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        out.push_str(values.next().unwrap_or(&""));
        out.push_str(piece);
    }
    out
}

fn find(lang: Lang, key: &str) -> Option<&'static str> {
    let (_, en, ja) = TABLE.iter().find(|(known, _, _)| *known == key)?;
    Some(match lang {
        Lang::En => en,
        Lang::Ja => ja,
    })
}

/// The same text as it stands behind `prefix` in a key of the table.
pub(super) fn known(prefix: &str, text: &str) -> Option<&'static str> {
    TABLE.iter().filter_map(|(key, _, _)| key.strip_prefix(prefix)).find(|known| *known == text)
}

/// Key, English, Japanese.
#[rustfmt::skip]
static TABLE: &[(&str, &str, &str)] = &[
    // A verdict: its sign, its word, its sentence, and the sentence where there is no finding to quote.
    ("sign.malicious", "■", "■"),
    ("sign.suspicious", "▲", "▲"),
    ("sign.unverified", "◇", "◇"),
    ("sign.clean", "○", "○"),
    ("verdict.malicious", "Dangerous", "危険"),
    ("verdict.suspicious", "Caution", "要注意"),
    ("verdict.unverified", "Not verified", "確認できず"),
    ("verdict.clean", "Nothing found", "不審な点なし"),
    ("headline.malicious", "Dangerous: very likely a virus mail. Do not open the attachment.", "危険：ウイルスメールの可能性が高いです。添付ファイルは開かないでください。"),
    ("headline.suspicious", "Caution: do not open the attachment until it has been checked.", "要注意：確認が終わるまで、添付ファイルを開かないでください。"),
    ("headline.unverified", "Not verified: not everything inside could be read. Ask the sender by phone.", "確認できず：中身をすべては確認できませんでした。送信者に電話で確認してください。"),
    ("headline.clean", "Nothing suspicious was found (this is no guarantee).", "不審な点は見つかりませんでした（安全を保証するものではありません）。"),
    ("why.password-of-other-mail", "The attachment was locked, and a password in another mail opened it.", "添付ファイルには鍵がかかっていましたが、別のメールに書かれたパスワードで開きました。"),
    ("place.line", "line {}{}", "{}行目{}"),
    ("place.line-of", "line {} of {}", "{}行目、{}"),
    ("why.password", "The attachment was locked, and a password in the mail itself opened it.", "添付ファイルには鍵がかかっていましたが、メールに書かれたパスワードで開きました。"),

    // How much one reason says.
    ("strength.strong", "strong", "強"),
    ("strength.medium", "medium", "中"),
    ("strength.weak", "weak", "弱"),
    ("strength.info", "note", "参考"),

    // Headings and labels.
    ("heading.reasons", "Reasons", "理由"),
    ("heading.noticed", "What was noticed", "気づいた点"),
    ("heading.passwords", "Passwords used", "使ったパスワード"),
    ("heading.unread", "What was not read", "読めなかったもの"),
    ("heading.steps", "What to do now", "今すること"),
    ("heading.inside", "What was inside", "中身"),
    ("heading.indicators", "To search for elsewhere", "ほかで探すための手がかり"),
    ("heading.messages", "Messages", "メールの一覧"),
    ("heading.tree", "Inside", "中身"),
    ("heading.facts", "What was observed", "観察したこと"),
    ("heading.source", "Macro source", "マクロのソース"),
    ("heading.rules", "The rules that matched", "一致した規則"),
    ("label.file", "File", "ファイル"),
    ("label.subject", "Subject", "件名"),
    ("label.from", "From", "差出人"),
    ("label.to", "To", "宛先"),
    ("label.date", "Date", "日付"),
    ("label.score", "Score", "点数"),
    ("label.verdict", "Verdict", "判定"),
    ("label.why", "Strongest reason", "いちばん強い理由"),
    ("label.rule", "Rule", "規則"),
    ("label.name", "Name", "名前"),
    ("label.format", "Kind", "種類"),
    ("label.size", "Size", "大きさ"),
    ("label.via", "Found as", "見つけた場所"),
    ("label.type", "Type", "種別"),
    ("label.value", "Value", "値"),
    ("label.none", "(none)", "（なし）"),
    ("label.technical", "Technical details", "技術的な詳細"),
    ("place.message", "the mail itself", "メール本体"),
    ("place.unnamed", "unnamed", "名前なし"),
    ("more", "and {} more", "ほか{}件"),
    ("file.index", "{} (message {})", "{}（{}通目）"),

    // Passwords.
    ("password.line", "{} was opened with “{}” ({})", "{}：パスワード「{}」で開きました（{}）"),
    ("source.given", "given by you", "指定されたパスワード"),
    ("source.body", "found in the mail text", "メールの本文で見つけました"),
    ("source.subject", "found in the subject", "件名で見つけました"),
    ("source.file-name", "found in a file name", "ファイル名で見つけました"),
    ("source.attachment", "found in another attachment", "別の添付ファイルで見つけました"),
    ("source.other-mail", "found in another mail", "別のメールで見つけました"),
    ("source.derived", "worked out from the mail", "メールの内容から推測しました"),
    ("source.well-known", "a password everybody knows", "広く知られたパスワードです"),

    // Why something was not read.
    ("unread.encrypted", "It is locked, and no password was found.", "鍵がかかっていて、パスワードが見つかりませんでした。"),
    ("unread.damaged", "It is damaged.", "壊れています。"),
    ("unread.unsupported-format", "tenpu does not open this kind of file yet.", "この種類のファイルには、まだ対応していません。"),
    ("unread.unsupported-method", "It is packed in a way that tenpu does not know.", "対応していない方法で圧縮または暗号化されています。"),
    ("unread.reader-fault", "tenpu failed while reading it. This is a fault of tenpu.", "読み取り中にtenpuで不具合が起きました。"),
    ("unread.rules-incomplete", "Not every YARA rule could be applied to it in time.", "YARAルールの一部を、時間内に適用できませんでした。"),
    ("unread.scan-fault", "tenpu failed on this message. This is a fault of tenpu.", "このメールの検査中にtenpuで不具合が起きました。"),
    ("unread.limit-bytes", "It unpacks to more data than the limit allows.", "展開すると、上限を超える大きさになります。"),
    ("unread.limit-artifacts", "It holds more files than the limit allows.", "中のファイルの数が上限を超えています。"),
    ("unread.limit-depth", "It is nested deeper than the limit allows.", "入れ子が上限より深くなっています。"),
    ("unread.limit-time", "Reading it took longer than the limit allows.", "読み取りの時間が上限を超えました。"),
    ("unread.limit-cells", "A workbook has more cells than the limit allows.", "表計算ファイルのセルの数が上限を超えました。"),
    ("unread.limit-directories", "A disk has more folders than the limit allows.", "ディスクのフォルダーの数が上限を超えました。"),
    ("unread.limit-fragments", "A file on a disk lies in more pieces than the limit allows.", "ディスク上のファイルが、上限を超える数に分かれています。"),
    ("unread.limit-rtf-objects", "A document has more objects or fields than the limit allows.", "文書に埋め込まれたものの数が上限を超えました。"),
    ("unread.limit-key-derivation", "Trying the passwords took more work than the limit allows.", "パスワードの確認にかかる計算が上限を超えました。"),
    ("unread.limit-passwords", "There were more passwords to try than the limit allows.", "試すパスワードの数が上限を超えました。"),
    ("unread.limit-artifact-bytes", "It is larger than the limit; only its beginning was read.", "大きさが上限を超えています。先頭だけを読みました。"),
    ("unread.limit-input-bytes", "The mail is larger than the limit; only its beginning was read.", "メールの大きさが上限を超えています。先頭だけを読みました。"),

    // What to do now, in order; `steps` of gist.rs says which are shown when.
    ("step.malicious.1", "Do not open the attachment.", "添付ファイルは開かないでください。"),
    ("step.malicious.2", "Do not follow links in the mail either.", "本文のリンクも押さないでください。"),
    ("step.malicious.3", "Do not delete the mail. Tell your IT staff and wait for their answer.", "メールは削除せず、情報システム担当へ知らせて指示を待ってください。"),
    ("step.malicious.4", "To ask the sender, do not reply to this mail. Use the phone.", "差出人に確認するときは、このメールに返信せず、電話など別の方法を使ってください。"),
    ("step.suspicious.1", "Do not open the attachment until it has been checked.", "確認が終わるまで、添付ファイルを開かないでください。"),
    ("step.suspicious.2", "Call the sender on a number you already know. Do not reply to this mail.", "差出人には、以前から知っている番号に電話して確かめてください。このメールには返信しないでください。"),
    ("step.suspicious.3", "If the sender cannot confirm it, tell your IT staff. Do not delete the mail.", "差出人に確かめられないときは、情報システム担当へ知らせてください。メールは削除しないでください。"),
    ("step.unverified.1", "Do not open the attachment until you know what is inside.", "中身が分かるまで、添付ファイルを開かないでください。"),
    ("step.unverified.2", "Call the sender on a number you already know, and ask whether they sent it.", "送信者に、以前から知っている番号へ電話して、送ったかどうかを確かめてください。"),
    ("step.unverified.3", "If you are unsure, ask your IT staff.", "判断に迷うときは、情報システム担当へ相談してください。"),
    ("step.encrypted", "If the password came in another mail, scan again with that password (--password).", "パスワードが別のメールで届いている場合は、そのパスワードを指定して（--password）もう一度調べてください。"),
    ("step.opened", "If you have opened the file, tell your IT staff the time and the file name.", "ファイルを開いてしまった場合は、日時とファイル名を情報システム担当へ知らせてください。"),
    ("step.enabled", "If you pressed “Enable Content”, cut the network cable and Wi-Fi at once. Do not switch the power off. Call your IT staff.", "「コンテンツの有効化」を押した場合は、すぐに有線・無線のネットワークを切ってください。電源は切らずに、情報システム担当へ電話してください。"),
    ("step.typed", "If you typed a password into a page or form, change it from another device.", "画面にパスワードを入力した場合は、別の端末からそのパスワードを変えてください。"),

    // How an artifact was reached.
    ("via.file", "file", "ファイル"),
    ("via.message", "mail", "メール"),
    ("via.attachment", "attachment", "添付ファイル"),
    ("via.inline", "inside the text", "本文に埋め込み"),
    ("via.body", "mail text", "本文"),
    ("via.part", "document part", "文書の部品"),
    ("via.sealed", "in a signed or compressed message", "署名付きまたは圧縮されたメッセージの中"),
    ("via.stream", "document stream", "文書のストリーム"),
    ("via.uuencode", "uuencoded in a text", "テキスト内（uuencode）"),
    ("via.binhex", "in a text (BinHex)", "テキスト内（BinHex）"),
    ("via.yenc", "in a text (yEnc)", "テキスト内（yEnc）"),
    ("via.zip", "in a ZIP", "ZIPの中"),
    ("via.gzip", "in a gzip file", "gzipの中"),
    ("via.lzh", "in an LZH archive", "LZHの中"),
    ("via.cab", "in a cabinet", "CABの中"),
    ("via.msi", "in an installer (MSI)", "インストーラー（MSI）の中"),
    ("via.chm", "in a help file (CHM)", "ヘルプファイル（CHM）の中"),
    ("via.iso", "on a disc image", "ディスクイメージの中"),
    ("via.disk", "on a disk image", "ディスクイメージの中"),
    ("via.vhd", "on a virtual hard disk (VHD)", "仮想ハードディスク(VHD)の中"),
    ("via.vhdx", "on a virtual hard disk (VHDX)", "仮想ハードディスク(VHDX)の中"),
    ("via.rar", "in a RAR", "RARの中"),
    ("via.arj", "in an ARJ", "ARJの中"),
    ("via.ace", "in an ACE", "ACEの中"),
    ("via.7z", "in a 7z archive", "7zの中"),
    ("via.tar", "in a tar archive", "tarの中"),
    ("via.bzip2", "in a bzip2 file", "bzip2の中"),
    ("via.xz", "in an xz file", "xzの中"),
    ("via.lzma", "in an LZMA file", "LZMAの中"),
    ("via.lzip", "in an lzip file", "lzipの中"),
    ("via.zstd", "in a zstd file", "zstdの中"),
    ("via.compress", "in a .Z file", "Zファイルの中"),
    ("via.lz4", "in an LZ4 file", "LZ4の中"),
    ("via.ar", "in an ar archive", "arの中"),
    ("via.cpio", "in a cpio archive", "cpioの中"),
    ("via.rpm", "in an RPM package", "RPMパッケージの中"),
    ("via.pdf-attachment", "attached inside a PDF", "PDFの中の添付ファイル"),
    ("via.text", "text of a document", "文書の文字"),
    ("via.rtf-object", "object in a document", "文書に埋め込まれた部品"),
    ("via.ole-native", "data of an object", "埋め込まれた部品のデータ"),
    ("via.form", "texts of a form", "フォームの文字"),
    ("via.properties", "document properties", "文書の情報"),
    ("via.hidden-text", "text not shown in the document", "文書の見えない文字"),
    ("via.vba-module", "macro", "マクロ"),
    ("via.xlm-sheet", "macro sheet (Excel 4)", "マクロのシート（Excel 4.0）"),
    ("via.vba-pcode", "compiled code of a macro", "マクロの実行用コード"),
    ("via.wordbasic-macro", "macro of Word 6.0 or 95", "Word 6.0/95のマクロ"),
    ("via.basic-module", "Basic macro", "Basicのマクロ"),
    ("via.vba-project", "macro project", "マクロのプロジェクト"),
    ("via.lnk-command", "command of a shortcut", "ショートカットのコマンド"),
    ("via.lnk-appended", "behind a shortcut", "ショートカットの後ろ"),
    ("via.onenote-file", "in a OneNote page", "OneNoteのページの中"),
    ("via.xml-command", "commands in an XML file", "XMLファイルの中の命令"),
    ("via.html-script", "script of a web page", "Webページのスクリプト"),
    ("via.mashup", "query of a workbook", "ブックの中のクエリ"),
    ("via.web-video", "web video of a document", "文書に埋め込まれたWeb上の動画"),
    ("via.html-data", "inside a link or picture of a web page", "Webページのリンクや画像の中"),
    ("via.encoded", "encoded in a text", "文字に変えて埋め込まれた中身"),
    ("via.folded", "texts put together by a macro", "マクロが組み立てる文字列"),
    ("via.ole-package", "file packed into a document", "文書に埋め込まれたファイル"),
    ("via.script-texts", "texts of a script", "スクリプトの文字列"),
    ("via.pe-overlay", "behind a program", "プログラムの後ろ"),
    ("via.pe-resource", "packed into a program", "プログラムに埋め込まれた部品"),
    ("via.decrypted", "after unlocking", "鍵を開けた中身"),

    // Facts, for `explain`.
    ("fact.header", "header {}: {}", "ヘッダー {}：{}"),
    ("fact.opened", "opened ({}) with the password “{}”, {}", "パスワードで開きました（{}）：「{}」、{}"),
    ("fact.password-elsewhere", "the password comes another way: {}", "パスワードは別の方法で知らされます：{}"),
    ("fact.locked-name", "locked inside: {}", "鍵がかかった中身：{}"),
    ("fact.padding", "ends in {} bytes of padding (byte {})", "末尾に{}バイトの埋め草があります（値{}）"),
    ("fact.other-name", "also named {}", "別の名前：{}"),
    ("fact.trick", "container trick {}: {}", "容器の細工 {}：{}"),
    ("fact.vba-project", "macro project: {} modules, code page {}{}", "マクロのプロジェクト：モジュール{}個、コードページ{}{}"),
    ("fact.vba-locked", ", locked for viewing", "、表示をロック"),
    ("fact.sign", "line {}: {}: {}", "{}行目：{}：{}"),
    ("fact.procedure", "procedure at line {}: {}", "{}行目の手続き：{}"),
    ("fact.hidden-text", "{} characters of hidden text in {}: {}", "隠れた文字列{}文字（{}）：{}"),
    ("fact.external", "leads out of the document ({}): {}", "文書の外への参照（{}）：{}"),
    ("fact.object-unnamed", "object whose class is not told ({})", "種類の書かれていない部品（{}）"),
    ("fact.object", "object of the class {} ({})", "種類が{}の部品（{}）"),
    ("fact.shortcut", "starts “{}” with “{}” (icon “{}”{})", "起動するもの：「{}」、引数：「{}」（アイコン「{}」{}）"),
    ("fact.shortcut-minimized", ", window minimised", "、ウィンドウは最小化"),
    ("signof.entry-point", "runs by itself", "自動で実行"),
    ("signof.process-start", "starts a program", "プログラムを起動"),
    ("signof.download", "fetches from the network", "ネットワークから取得"),
    ("signof.plain-start", "opens a named program", "名前の書かれたプログラムを起動"),
    ("signof.hidden-window", "starts without a window", "画面を出さずに起動"),
    ("signof.shellcode", "puts machine code into memory", "機械語をメモリーに配置"),
    ("signof.web-request", "talks to a web server", "ウェブサーバーと通信"),
    ("signof.program-name", "names a file that runs", "実行できるファイルの名前"),
    ("signof.random-names", "names made at random", "無作為に作られた名前"),
    ("signof.chopped-text", "text put together from pieces", "細切れにした文字列"),
    ("signof.encoded-text", "encoded text", "符号化された文字列"),
    ("signof.decoding", "text decoded while running", "実行中の文字列の復号"),
    ("signof.weakens-office", "a protection switched off", "保護機能の無効化"),
    ("signof.redirect", "leads to another page", "別のページへ移動"),
    ("signof.writes-page", "writes decoded text into the page or runs it", "復号した文字列をページに書き込み、または実行"),
    ("signof.saves-file", "makes a file and has it saved", "ファイルを作って保存させる"),
    ("signof.fills-clipboard", "puts a command into the clipboard", "クリップボードにコマンドを入れる"),
    ("signof.reads-code", "takes program text out of a document", "文書からプログラムを取り出す"),
    ("signof.every-document", "reaches every open document", "開いている文書すべてに及ぶ"),
    ("signof.sends-out", "sends data away", "データの送信"),
    ("signof.mails-out", "mails the people of the address book", "アドレス帳の宛先へのメール送信"),
    ("signof.opens-object", "opens something packed in the document", "文書に埋め込まれたものを開く"),
    ("signof.destroys-files", "destroys files", "ファイルの破壊"),
    ("signof.copies-code", "program copied into another document", "他の文書へのプログラムの複製"),
    ("signof.file-write", "writes a file", "ファイルを書き込み"),
    ("signof.interpreter", "names an interpreter", "実行環境の名前"),
    ("signof.computed-object", "computed object name", "計算で作るオブジェクト名"),
    ("explain.damage", "damage: {}", "破損：{}"),
    ("explain.cut", "only the first {} were read", "先頭の{}だけを読みました"),
    ("explain.unread", "not read: {}", "読めなかったもの：{}"),
    ("explain.no-page", "This rule has no page.", "この規則には説明のページがありません。"),
    ("selftest.plain", "plain mail", "普通のメール"),
    ("selftest.macro", "document whose macro starts by itself", "自動で動くマクロの付いた文書"),
    ("selftest.locked", "the same in a locked ZIP, its password in the Japanese text", "同じ文書をパスワード付きZIPに入れたもの（パスワードは本文にあります）"),
    ("selftest.padded", "the same with 80 MB of padding", "同じ文書に80MBの詰め物をしたもの"),
    ("selftest.nested", "the same in a ZIP in a ZIP in a ZIP", "同じ文書を三重のZIPに入れたもの"),
    ("selftest.shut", "locked ZIP without its password", "パスワードの分からないZIP"),
    ("selftest.eicar", "EICAR anti-virus test file", "ウイルス対策ソフトの動作確認用ファイル（EICAR）"),
    ("selftest.ready", "readiness", "準備の状態"),
    ("selftest.expected", "expected {}, got {}", "期待した応答：{}　実際の応答：{}"),
    ("selftest.good", "All {} answers are as they must be.", "{}件の応答は、すべて期待どおりです。"),
    ("selftest.bad", "Of {} answers, {} are not as they must be.", "応答{}件のうち、{}件が期待と違います。"),
    ("explain.more-lines", "{} more lines; `tenpu extract` writes all of them", "ほか{}行。すべては「tenpu extract」で書き出せます"),

    // The page of a run, and the line at the end of it.
    ("page.title", "tenpu report", "tenpu 検査結果"),
    ("page.count", "{} messages", "メール{}通"),
    ("page.one", "{} message", "メール{}通"),
    ("page.omitted", "{} more messages with lower scores are not listed here. `--format json` lists all.", "点数の低いメール{}通は、ここに載せていません。「--format json」ですべて出力できます。"),
    ("page.note", "tenpu looked inside without running anything, and fetched nothing from the network. Links are written as hxxp so that nobody follows them by accident.", "tenpuは中身を実行せずに調べました。ネットワークからは何も取得していません。リンクは、誤って開かないように「hxxp」と書いています。"),
    ("page.top", "Back to the list", "一覧へ戻る"),
    ("summary", "{} messages: {} · {} s · {} messages/s", "メール{}通：{}（{}秒、毎秒{}通）"),
    ("summary.none", "There was nothing to scan.", "調べるものがありませんでした。"),
    ("summary.unread", "inputs that could not be read: {}", "読めなかった入力：{}件"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_are_unique_and_both_languages_are_there() {
        let mut seen = BTreeSet::new();
        for (key, en, ja) in TABLE {
            assert!(seen.insert(key), "{key} stands twice");
            assert!(!en.trim().is_empty() && !ja.trim().is_empty(), "{key} lacks a language");
            assert_eq!(en.matches("{}").count(), ja.matches("{}").count(), "{key}: {{}}");
        }
    }

    #[test]
    fn nothing_promises_safety_or_speaks_of_infection() {
        for (key, en, ja) in TABLE {
            let en = en.to_lowercase();
            assert!(!en.contains("safe") && !en.contains("infect"), "{key}: {en}");
            assert!(
                !ja.contains("感染") && !ja.contains("問題ありません") && !ja.contains("安全です"),
                "{key}"
            );
        }
    }

    #[test]
    fn every_key_written_in_the_sources_is_in_the_table() {
        let sources = [
            include_str!("gist.rs"),
            include_str!("text.rs"),
            include_str!("html.rs"),
            include_str!("html/details.rs"),
            include_str!("facts.rs"),
            include_str!("../front/scan.rs"),
            include_str!("../front/explain.rs"),
        ];
        let mut used = 0;
        for source in sources {
            for call in ["say(lang, \"", "fill(lang, \"", "say(self.lang, \"", "fill(self.lang, \""] {
                for (at, _) in source.match_indices(call) {
                    let key = source.get(at + call.len()..).unwrap().split('"').next().unwrap();
                    assert!(find(Lang::En, key).is_some(), "no words for {key}");
                    used += 1;
                }
            }
        }
        assert!(used > 30, "the search found only {used} keys");
    }

    #[test]
    fn what_is_filled_in_is_not_searched() {
        assert_eq!(fill(Lang::En, "file.index", &["{}.eml", "2"]), "{}.eml (message 2)");
        assert_eq!(fill(Lang::Ja, "more", &["3"]), "ほか3件");
    }

    #[test]
    fn an_unknown_member_is_shown_by_its_name() {
        assert_eq!(word(Lang::Ja, "via", "zip"), "ZIPの中");
        assert_eq!(word(Lang::Ja, "via", "brand-new"), "brand-new");
    }

    #[test]
    fn locales() {
        let rows = [("ja_JP.UTF-8", Lang::Ja), ("ja", Lang::Ja), ("C", Lang::En), ("jam_JM", Lang::En)];
        for (locale, want) in rows {
            assert_eq!(Lang::of_locale(locale), want, "{locale}");
        }
    }
}
