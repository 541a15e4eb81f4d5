//! The test of the phrases: every way of giving a password, with several values, in several kinds of letter.

use super::*;
use crate::keyring::Candidate;

/// Values of the shapes that were seen in mail. `§` stands for the value in a phrase.
const VALUES: &[&str] = &[
    "k7Rm2x",
    "747",
    "H17",
    "sunflower",
    "Xk#92$pL",
    "tani-0412",
    "QWZXKV",
    "Bx9!",
    "a-b_c!1",
    "P@ss:w0rd",
    "20210907",
];

/// Phrases with a value on one line or several, in the order in which the kinds are known.
const PHRASES: &[&str] = &[
    // Labels in Japanese.
    "パスワード:§",
    "パスワード: §",
    "パスワード：§",
    "パスワード §",
    "パスワード　§",
    "　　パスワード　　§　　",
    "解凍パスワード:§",
    "添付ファイル名：請求内訳.zip\n解凍パスワード：§",
    "添付の圧縮ファイルを開くための解凍パスワードをご案内いたします。\n\nファイル名: 請求内訳.zip\nパスワード: §",
    "パスワードは § です。",
    "パスワードは§です。",
    "パスワードは§です",
    "解凍パスワード：§です",
    "zipのパスワードは§になります",
    "パスワードは§となっております。",
    "パスワードは§でございます。",
    "パスワードは「§」です",
    "解凍パスワードは「§」となります。",
    "パスワードは『§』になります。ご確認をお願いいたします。",
    "別メールにてお送りした資料のパスワードは\n「§」\nになります。",
    "先ほどの資料のパスワードは、以下になります。\n----------\n§\n----------",
    "先ほどの資料のパスワードは以下になります。\n==========\n　§\n==========",
    "先ほどの資料のパスワードは以下になります。\n**********\n§\n**********",
    "先ほどの資料のパスワードは以下になります。\n__________\n\n§\n__________",
    "先ほどお送りした資料のパスワードをお知らせいたします。\nパスワード: §",
    "[パスワード]\n§",
    "[添付ファイル名]\n請求内訳.zip\n\n[パスワード]\n§",
    "[パスワード/Password]\n§",
    "【パスワード】§",
    "【パスワード】\n§",
    "パスワード【§】",
    "TITLE：請求内訳\nPASSWORD：§",
    "復号パスワード：§",
    "復号用パスワードは§です",
    "展開パスワード §",
    "開封パスワード：§",
    "Zipファイル開封パスワード: §",
    "閲覧パスワード：§",
    "閲覧用PW：§",
    "圧縮ファイルのパスワード：§",
    "ZIPパスワード §",
    "zipのパスワードは § です",
    "PW:§",
    "PW: §",
    "ＰＷ：§",
    "Pass：§",
    "PASS §",
    "ＰＡＳＳ：§",
    "パス：§",
    "パス：§（半角英数）",
    "暗証番号：§",
    "解凍PW：§",
    "解凍パス：§",
    "パスワードは以下のとおりです。\n\n§",
    "添付ファイルのパスワードは以下の通りです。\n§",
    "パスワードは次の通りです。\n§",
    "パスワードは下記の通りとなります。\n　　　§",
    "パスワード⇒§",
    "パスワード→§",
    "パスワード → §",
    "パスワード＝§",
    "パスワード=§",
    "パスワード…§",
    "パスワード(半角英数8桁)：§",
    "パスワード（半角）　§",
    "「§」がパスワードです",
    "§ がパスワードとなります。",
    "§がパスワードです。",
    "『§』が解凍用のパスワードになりますので、よろしくお願いいたします。",
    "※パスワード：§",
    "■パスワード　§",
    "・PW：§",
    "●解凍パスワード\n§",
    "◆パスワード：§◆",
    "＜パスワード＞\n§",
    "ID:tani PASS:§",
    "パスワード\t§",
    "ファイル名\tパスワード\n請求内訳.zip\t§",
    "パスワード\n\t§",
    "ﾊﾟｽﾜｰﾄﾞ:§",
    "解凍ﾊﾟｽ：§",
    "ハ\u{309a}スワート\u{3099}：§",
    "添付ファイルを開く際のパスワードは § です。",
    "資料を開く際のパスワードは§",
    "パスワードをおかけしております。\n§",
    "§ でロックしています。",
    "「§」でロックをかけております",
    "§ を入力して開いてください。",
    // Labels in other languages.
    "Password: §",
    "Password - §",
    "Password – §",
    "Password:§",
    "The password for the document is §",
    "The password is §.",
    "Mot de passe: §",
    "Mot de passe : §",
    "File password: §",
    "File secret password: §",
    "Zip password §",
    "Zip file password: §",
    "Archive password: §",
    "Archive pass: §",
    "Please find it attached, the password is § as agreed",
    "The password to open the attached file is §",
    "Password to unlock archive is §",
    "The password to extract the document is: §",
    "Password to view the zip: §",
    "Use password § to open",
    "Use the password § to open it.",
    "Enter § as the password.",
    "The attachment is encrypted. Password §",
    "The attachment is protected. Password: §",
    "Pass: §",
    "Pwd: §",
    "PWD=§",
    "passwd: §",
    "PW: §",
    "P/W: §",
    "Passcode: §",
    "Access code: §",
    "The zip is attached. Key: §",
    "The archive is attached. PIN: §",
    "The attachment is encrypted. Code: §",
    "§ is the password",
    "§ is the password for the attached file.",
    "\"§\" is your password.",
    "Password (case-sensitive): §",
    "Password (case sensitive) §",
    "Document password §",
    "Attachment password: §",
    "Invoice password §",
    "Password for the attached file: §",
    "Password for attached file - §",
    "Password:\n§",
    "Password:\n\n§",
    "Password\n--------\n§",
    "Your password: §",
    "Personal code §",
    "Password for the mail sent a moment ago with an attachment is as below\n\n[invoice.zip]\n§",
    "Passwort: §",
    "Das Passwort lautet §",
    "Das Passwort lautet: §.",
    "Kennwort: §",
    "La password è §",
    "La password per aprire il file è: §",
    "Le mot de passe est §",
    "Contraseña: §",
    "La contraseña es §",
    "Senha: §",
    "A senha é §",
    "Palavra-passe: §",
    "Wachtwoord: §",
    "Het wachtwoord is §",
    "Hasło: §",
    "Hasło to §",
    "Heslo: §",
    "Heslo je §",
    "Пароль: §",
    "Пароль к архиву: §",
    "密码：§",
    "密碼: §",
    "解压密码是§",
    "비밀번호: §",
    "비밀번호는 § 입니다.",
    "암호: §",
    // Mixed and decorated.
    "パスワード(Password)：§",
    "Password（パスワード）: §",
    "Password / パスワード：§",
    "パ ス ワ ー ド ： §",
    "Password: *§*",
    "Password: \"§\"",
    "Password: '§' (without the quotes)",
    "Password: “§”",
    "Password: \u{93}§\u{94}",
    "Password: <§>",
    "Password: [§]",
    "Password: (§)",
    "パスワード：〔§〕",
    "パスワード：＜§＞",
    "パスワード：“§”",
    "パスワードは、§、です。",
    "pass\u{200b}word: §",
    "Password :- §",
    "Password >> §",
    "Password ==> §",
    "PASSWORD\n\n    §\n",
    "The passwords are § for both files",
    "解凍パスワードにつきましては「§」でお願いいたします。",
    "解凍の際は § とご入力ください。パスワードです。",
    "パスワードを設定しました（§）。",
    "ファイルは暗号化しています（パスワード：§）。",
    "パスワードですが、§ になります。",
    "解凍用：§",
    "│パスワード│§│",
];

/// Values as they are written in letters, and what they mean.
const WRITTEN: &[(&str, &str)] = &[
    ("パスワード：日本語pass", "日本語pass"),
    ("パスワードは日本語passです。", "日本語pass"),
    ("パスワード：ｋ７Ｒｍ２ｘ", "k7Rm2x"),
    ("ＰＡＳＳＷＯＲＤ：Ｙ４５６", "Y456"),
    ("ＰＡＳＳＷＯＲＤ：Ｙ４５６", "Ｙ４５６"),
    ("ﾊﾟｽﾜｰﾄﾞ:AB-12", "AB-12"),
    ("解凍PWは本日の日付8桁(20210907)です", "20210907"),
    ("パスワードは本日の日付(yyyymmdd)", "20210907"),
    ("解凍パスワードは送信日の月日4桁です。", "0907"),
    ("パスワードは弊社電話番号下4桁です", "9876"),
    ("パスワードは弊社名(半角小文字)です", "minato"),
    ("Password: Joe Biden", "Joe Biden"),
    ("The password is Green Apple.", "Green Apple"),
    ("Green Apple is the password", "Green Apple"),
    ("Password: A B C 1 2 3", "ABC123"),
    ("Password: A-B-C-1-2-3", "ABC123"),
    ("パスワードは K 7 R m 2 x です", "K7Rm2x"),
    ("パスワード：\nK 7 R m 2 x", "K7Rm2x"),
    ("Password: k7Rm2x!", "k7Rm2x!"),
    ("Password: k7Rm2x!", "k7Rm2x"),
    ("Password: k7Rm2x.", "k7Rm2x"),
    ("Password: k7Rm2x.", "k7Rm2x."),
    ("パスワード：k7R m2x", "k7Rm2x"),
    ("パスワード：さくら2022", "さくら2022"),
    ("パスワード：ひまわり", "ひまわり"),
    ("Password: password", "password"),
    ("Password: #k7Rm2x", "#k7Rm2x"),
    ("Password: -k7Rm2x-", "-k7Rm2x-"),
    ("パスワード：「k7Rm2x」（半角英数字）", "k7Rm2x"),
    ("パスワード：k7Rm2x（ケーセブンアールエムツーエックス）", "k7Rm2x"),
    ("パスワードは minato＋本日の日付8桁 です", "minato20210907"),
];

/// Phrases that no list holds, to see that the ways in general carry.
const UNLISTED: &[&str] = &[
    "ZIPを開くときは「§」と打ってください。",
    "添付は鍵をかけてあります。鍵は § です。",
    "添付ファイルを開く時に聞かれるパスワードですが、いつもと違い今回は「§」にしております。",
    "※解凍時のPWは→ §",
    "★パスワード★ §",
    "パスワードについて：§",
    "添付ファイルには、下記のパスワードがかかっています。\n\n　パスワード\n　　§",
    "(パスワード §)",
    "（PW：§）",
    "添付（PW:§）をご確認ください。",
    "請求内訳.zip（PW：§）",
    "■添付ファイル　　：請求内訳.zip\n■解凍パスワード　：§\n■保存期間　　　　：7日",
    "+------------+----------+\n| パスワード | § |\n+------------+----------+",
    "パスワード\n↓\n§",
    "パスワードは\n\n§\n\nです。",
    "Ｐａｓｓ　＝　§",
    "パスワードは左記の通り。 §",
    "解凍パスワードをお伝えします。『§』です。",
    "pwd for zip is §, thanks",
    "Unlock it with § please",
    "The archive opens with §.",
    "The document is protected with the password §.",
    "You will be asked for a password. It is §",
    "You will be asked for a password. Type in: §",
    "In order to read the attachment use this password: §",
    "when prompted, please enter § and click OK",
    "attachment pw § (valid for 3 days)",
    "pw = §",
    "Password------ §",
    "Password#: §",
    "PASSWORD IS: §",
    "Passwort für die Datei: §",
    "Das Passwort für das Archiv ist §.",
    "Mot de passe du fichier joint : §",
    "La contraseña para abrir el archivo es: §",
    "La password dell'archivio allegato è: §",
    "A senha do arquivo é §.",
    "Hasło do pliku: §",
    "Архив защищён паролем §",
    "附件密码为 §，请查收",
    "附件解压密码：§。",
    "압축 비밀번호는 §입니다.",
    "Lösenord: §",
    "Salasana on §",
    "Mật khẩu: §",
    "Parola: §",
    "Şifre: §",
    "添付ファイルの暗号化パスワードは「§」（かぎ括弧は含みません）です。",
    "パスワード：　　　　§　　※大文字小文字の区別あり",
    "【解凍パスワード】　　§",
    "<パスワード> §",
    "＊パスワード＊　§",
    "パスワード（8文字）は§",
    "お送りしたzipのpwは§。",
    "zip解凍pass→§",
    "ﾊﾟｽは§",
    "Pass は § です",
    "P.W. : §",
    "パスワード ： §   （有効期限：2021/09/14）",
    "ダウンロードURL：https://dl.minato.example/f/8sk2\nパスワード：§",
    "URL https://dl.minato.example/f/8sk2 パスワード §",
    "ユーザーID：tani01\nパスワード：§\n",
    "パスワードは、先頭が大文字の § です",
    "§（解凍パスワード）",
    "§ ← パスワード",
    "§：パスワード",
    "解凍パスワードは次のとおり⇒ §",
    "パスワード\n 　  1. §",
    "暗証キー §",
    "添付ファイルにはパスワード「§」を設定しております。",
    "パスワード「§」を入力してください",
    "本ファイルは「§」で開封願います",
    "添付は§で開きます",
    "開くには§と入れてください",
    "Here's the password: §",
    "the pw's §",
    "PW to open: §",
    "Pass-code §",
    "Password (all lowercase): §",
    "Password; §",
    "Password| §",
    "Password. §",
    "password— §",
    "password ~ §",
    "Your document has been secured. Password to access: §",
    "You can open it using the following password:\n\n  §\n\n",
    "Password :§",
    "P a s s w o r d : §",
    "Please enter the following code to open the archive: §",
    "Decryption key = §",
    "pass for archive - §",
    "To unzip, use §",
    "The code to open the document is §",
    "Secure document PIN is §",
    "Archive unlock code: §",
    "§ <- password",
    "(password: §)",
    "[pass: §]",
    "password(§)",
    "pw(§)",
    "password:§,thanks",
    "Password=§;",
    "Password: § | valid until 14.09.2021",
    "Password: § Regards, Tom",
    "PASSWORD: § Size: 24 KB",
    "The password for all of these documents will be § and should be kept secret.",
    "Jelszó: §",
    "Adgangskode: §",
    "Passord: §",
    "Κωδικός: §",
    "Пароль — §",
    "Parola este §",
    "Lozinka: §",
    "Geslo je §",
    "Kata sandi: §",
    "รหัสผ่าน: §",
    "รหัสผ่านคือ §",
    "كلمة المرور: §",
    "סיסמה: §",
    "पासवर्ड: §",
];

/// Phrases without an anchor: next to the attachment's name, alone, in brackets.
const LOOSE: &[&str] = &[
    "請求内訳.zip\n§",
    "請求内訳.zip：§",
    "請求内訳.zip / §",
    "資料です。\n\n§\n\n以上です。",
    "資料は [§] で。",
    "資料は「§」で。",
    "the file, '§' ok",
    "“§”",
    "〔§〕",
    "＜§＞",
];

fn letter(text: String) -> Letter {
    Letter {
        texts: vec![text],
        subject: "Re: 9月分の請求内訳について".into(),
        names: vec!["請求内訳.zip".into()],
        date: Some("Tue, 7 Sep 2021 09:12:44 +0900".into()),
        from: "湊商事 谷 <tani@mail.minato.example>".into(),
        ..Letter::default()
    }
}

/// A greeting above and a signature below, as an office writes them.
fn japanese(phrase: &str) -> String {
    format!(
        "株式会社青葉工業\n総務部 山本様\n\nいつもお世話になっております。\n湊商事の谷でございます。\n\n9月分の請求内訳をお送りいたします。\nお手数ですが、9月15日（水）17:00までにご確認くださいますようお願い申し上げます。\n\n{phrase}\n\nご不明な点がございましたら、下記までご連絡ください。\nどうぞよろしくお願いいたします。\n\n━━━━━━━━━━━━━━━━━━\n湊商事株式会社　営業二課\n谷　洋子（Yoko Tani）\n〒100-0001 東京都港区海岸1-2-3 湊ビル4F\nTEL：03-1234-9876　FAX：03-1234-5555\nE-mail：tani@mail.minato.example\nURL：https://www.minato.example/company/\n━━━━━━━━━━━━━━━━━━\n"
    )
}

/// A short answer above a quoted thread.
fn english(phrase: &str) -> String {
    format!(
        "Hi Tom,\n\nPlease see the attached document we talked about on Monday, 6 Sep 2021.\n\n{phrase}\n\nThanks,\nYoko Tani\nMinato Trading Ltd. | +44 20 7946 9876 | https://www.minato.example/\n\nOn Mon, Sep 6, 2021 at 5:31 PM Tom Green <tom@aoba.example> wrote:\n> Hello Yoko,\n> could you send the figures for Q3 (2021) and the revised order no. 48213?\n> My PC opens zip files with 7-Zip 19.00.\n>\n> Kind regards,\n> Tom Green\n> Aoba Works, tel. 020 7946 0999\n"
    )
}

/// The text of a page that is laid out in tables.
fn table(phrase: &str) -> String {
    format!(
        "ご請求書送付のお知らせ\n請求番号\tA-20931\n発行日\t2021年9月7日\n金額\t128,400円\n\n{phrase}\n\n担当\t谷 洋子\n電話\t03-1234-9876\nサイト\thttps://www.minato.example/bill?id=20931\n"
    )
}

fn contexts(phrase: &str) -> [String; 4] {
    [phrase.to_string() + "\n\nTEL 03-1234-9876", japanese(phrase), english(phrase), table(phrase)]
}

fn place(got: &[Candidate], want: &str) -> Option<usize> {
    got.iter().position(|candidate| candidate.text == want)
}

/// Where the value of one letter stands if that is `most` or later, or nowhere.
fn late(text: String, want: &str, most: usize) -> Option<String> {
    let shown = text.clone();
    let got = candidates(&letter(text));
    let at = place(&got, want);
    let first: Vec<&str> = got.iter().take(14).map(|candidate| candidate.text.as_str()).collect();
    at.is_none_or(|at| at >= most).then(|| format!("{want} at {at:?} after {first:?} in {shown:?}"))
}

/// Late values of phrases: every value in the phrase alone, one of them in each other kind of letter.
fn misses(phrases: &[&str], most: usize) -> Vec<String> {
    let mut out = Vec::new();
    for (order, phrase) in phrases.iter().enumerate() {
        for (turn, value) in VALUES.iter().enumerate() {
            let [alone, others @ ..] = contexts(&phrase.replace('§', value));
            out.extend(late(alone, value, most));
            if (order + turn).is_multiple_of(VALUES.len()) {
                out.extend(others.into_iter().filter_map(|text| late(text, value, most)));
            }
        }
    }
    out
}

#[test]
fn every_phrase_gives_its_value_early() {
    let misses = misses(PHRASES, 12);
    assert!(misses.is_empty(), "{}\n{} misses", misses.join("\n"), misses.len());
}

#[test]
fn phrases_that_no_list_holds_give_theirs() {
    let misses = misses(UNLISTED, 12);
    assert!(misses.is_empty(), "{}\n{} misses", misses.join("\n"), misses.len());
}

#[test]
fn every_written_form_is_understood() {
    let all = WRITTEN.iter().flat_map(|(phrase, want)| contexts(phrase).map(|text| (text, want)));
    let misses: Vec<String> = all.filter_map(|(text, want)| late(text, want, 12)).collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn what_has_no_anchor_is_found_by_its_place() {
    let values = ["k7Rm2x", "747", "H17", "Bx9!"];
    let all = LOOSE.iter().flat_map(|phrase| values.map(|value| (phrase.replace('§', value), value)));
    let misses: Vec<String> = all
        .flat_map(|(phrase, value)| contexts(&phrase).map(|text| (text, value)))
        .filter_map(|(text, value)| late(text, value, 24))
        .collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn subject_names_and_attached_texts_give_theirs() {
    let mut letter = letter("山本様\n\nQz81ab\n\n谷".into());
    letter.subject = "【パスワード通知】請求内訳.zipのパスワード".into();
    assert!(place(&candidates(&letter), "Qz81ab").is_some_and(|at| at < 12));
    letter.subject = "PW: k7Rm2x 請求内訳".into();
    let got = candidates(&letter);
    assert_eq!(
        (got[0].text.as_str(), got[0].origin.source, got[0].origin.place.as_str()),
        ("k7Rm2x", Source::Subject, "subject")
    );
    letter.subject = "請求内訳".into();
    letter.names = vec!["請求内訳_pw1234.zip".into()];
    let got = candidates(&letter);
    let at = place(&got, "1234").unwrap();
    assert!(at < 12);
    assert_eq!((got[at].rank, got[at].origin.source), (40, Source::FileName));
}

#[test]
fn another_mail_tells_what_it_would_tell_of_its_own_files() {
    let mut misses = Vec::new();
    for (order, phrase) in PHRASES.iter().chain(UNLISTED).enumerate() {
        let value = VALUES[order % VALUES.len()];
        for text in contexts(&phrase.replace('§', value)) {
            let got = in_other_mail(&letter(text), "mail");
            if !got.iter().take(15).any(|candidate| candidate.text == value) {
                misses.push(phrase.replace('§', value));
            }
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
    let got = in_other_mail(&letter("山本様\n\nパスワード：k7Rm2x".into()), "“件名” (1.eml)");
    let origin = Origin { source: Source::OtherMail, place: "line 3 of “件名” (1.eml)".into() };
    assert_eq!((got[0].text.as_str(), &got[0].origin), ("k7Rm2x", &origin));
}

#[test]
fn the_place_is_told() {
    let mut letter = letter("山本様\n\n資料です。\n\nパスワード：k7Rm2x".into());
    assert_eq!(candidates(&letter)[0].origin.place, "line 5");
    letter.texts.push("<b>\nPW: Zq81".into());
    let got = candidates(&letter);
    assert_eq!(got[0].origin.place, "line 5 of text 1");
    assert_eq!(
        got.iter().find(|candidate| candidate.text == "Zq81").unwrap().origin.place,
        "line 2 of text 2"
    );
}

#[test]
fn passwords_that_come_another_way_are_told() {
    for phrase in [
        "パスワードは別途お送りします。",
        "パスワードは別途ご連絡いたします。",
        "添付ファイルのパスワードは別のメールにてお知らせいたします。",
        "解凍パスワードにつきましては、別メールにてお送りいたします。",
        "パスワードはお電話でお伝えします。",
        "パスワードはSMSでお送りします。",
        "パスワードはTeamsでお知らせします。",
        "いつものパスワードで開いてください。",
        "パスワードは画像をご覧ください。",
    ] {
        let told = elsewhere(&letter(japanese(phrase)));
        assert_eq!(told.as_deref(), Some(phrase));
    }
    for phrase in PHRASES {
        let text = japanese(&phrase.replace('§', "k7Rm2x"));
        assert_eq!(elsewhere(&letter(text)), None, "{phrase}");
    }
}
