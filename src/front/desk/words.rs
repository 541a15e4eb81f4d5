//! The sentences of the desk, in English and in Japanese. What reports say too stands in `report::words`.
//!
//! The manner is that of `report::words`: the conclusion first, one point a sentence, labels of buttons verbatim in
//! 「」; nothing promises safety, nothing says that a machine is infected.

mod decide;
mod ways;

use crate::report::{Lang, words};

/// The sentence of a key.
pub(super) fn say(lang: Lang, key: &str) -> &'static str {
    match all().find(|(known, _, _)| *known == key) {
        Some((_, en, ja)) => {
            if lang == Lang::Ja {
                ja
            } else {
                en
            }
        }
        None => words::say(lang, key),
    }
}

/// A sentence with its `{}` filled in order.
pub(super) fn fill(lang: Lang, key: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut pieces = say(lang, key).split("{}");
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        out.push_str(values.next().unwrap_or(&""));
        out.push_str(piece);
    }
    out
}

/// The word for one member of a family; nothing where there is none.
pub(super) fn member(lang: Lang, family: &str, member: &str) -> &'static str {
    say(lang, &format!("{family}.{member}"))
}

/// The sentences of every page.
fn all() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    TABLE.iter().chain(decide::TABLE).chain(ways::TABLE)
}

/// Key, English, Japanese.
#[rustfmt::skip]
static TABLE: &[(&str, &str, &str)] = &[
    // Every page.
    ("desk.name", "tenpu help desk", "tenpu ヘルプデスク"),
    ("skip", "Skip to the content", "本文へ進む"),
    ("nav", "Pages", "ページ"),
    ("nav.queue", "Queue", "受付一覧"),
    ("nav.upload", "Check a file", "ファイルを調べる"),
    ("nav.search", "Search", "検索"),
    ("nav.account", "Account", "アカウント"),
    ("nav.password", "Change password", "パスワードの変更"),
    ("nav.sign-out", "Sign out", "ログアウト"),
    ("language", "Language", "表示言語"),
    ("role.viewer", "viewer", "閲覧者"),
    ("role.operator", "operator", "担当者"),
    ("role.administrator", "administrator", "管理者"),
    ("footer.note", "tenpu looks inside files without running them and fetches nothing. Links are written as hxxp so that nobody follows them by accident.", "tenpuは、ファイルを実行せずに中身を調べます。ネットワークからは何も取得しません。リンクは、誤って開かないように「hxxp」と書いています。"),

    // Signing in.
    ("sign-in.title", "Sign in", "ログイン"),
    ("sign-in.name", "Name", "名前"),
    ("sign-in.password", "Password", "パスワード"),
    ("sign-in.button", "Sign in", "ログインする"),
    ("sign-in.wrong", "Name or password is wrong.", "名前またはパスワードが違います。"),
    ("sign-in.wait", "There were too many wrong attempts. Try again in 15 minutes.", "間違いが続いたため、ログインを止めています。15分後にもう一度試してください。"),
    ("oidc.button", "Sign in with {}", "{}でログインする"),
    ("oidc.or", "Or with a name and a password of this page:", "このページの名前とパスワードでもログインできます。"),
    ("oidc.late", "That took too long, or was begun in another window. Sign in once more.", "時間切れになったか、別の画面で始めたログインです。もう一度ログインしてください。"),
    ("oidc.away", "The sign-in service did not answer as it should. Try again later, or tell the administrator.", "ログインサービスから正しい応答がありませんでした。しばらくしてからもう一度試すか、管理者に連絡してください。"),
    ("oidc.refused", "The sign-in service did not let you in.", "ログインサービスでログインが認められませんでした。"),
    ("oidc.no-role", "You have no role on this page. Ask the administrator.", "このページを使う権限がありません。管理者に相談してください。"),
    ("oidc.taken", "Another account has the name that the sign-in service gives you. Ask the administrator.", "ログインサービスから届いた名前は、別のアカウントが使っています。管理者に相談してください。"),
    ("oidc.closed", "Your account on this page is closed. Ask the administrator.", "このページのアカウントは停止されています。管理者に相談してください。"),
    ("sign-in.first", "There is no account yet. Open the link that tenpu printed in its terminal, or type there: tenpu desk user add NAME --role administrator", "アカウントがまだありません。tenpuを起動した画面に表示されたリンクを開いてください。または、その画面で次のように入力してください：tenpu desk user add 名前 --role administrator"),
    ("setup.title", "Make the first account", "最初のアカウントを作る"),
    ("setup.lead", "This account may do everything, and can be used at once.", "このアカウントは、すべての操作ができる管理者です。作ったあと、すぐに使えます。"),
    ("setup.expired", "This link no longer holds. Start tenpu desk again: it prints a new one.", "このリンクは使えません。「tenpu desk」を起動し直すと、新しいリンクが表示されます。"),
    ("setup.button", "Make the account", "アカウントを作る"),
    ("setup.again", "The same password again", "パスワード（確認）"),
    ("password.title", "Change your password", "パスワードの変更"),
    ("password.old", "Present password", "今のパスワード"),
    ("password.new", "New password", "新しいパスワード"),
    ("password.rule", "10 characters or more. A few words in a row are easier to remember.", "10文字以上。いくつかの言葉をつなげると覚えやすくなります。"),
    ("password.button", "Change it", "変更する"),
    ("password.changed", "The password was changed. Sign in again with the new one.", "パスワードを変更しました。新しいパスワードでログインしてください。"),
    ("password.short", "The password needs 10 characters or more.", "パスワードは10文字以上にしてください。"),
    ("password.differs", "The two passwords differ.", "2つのパスワードが一致しません。"),
    ("password.wrong", "The present password is wrong.", "今のパスワードが違います。"),
    ("name.wrong", "The name must have 1 to 64 characters that can be seen.", "名前は、目に見える文字で1〜64文字にしてください。"),

    // What cannot be shown.
    ("fail.title", "This did not work", "できませんでした"),
    ("fail.back", "Back to the start page", "最初のページへ戻る"),
    ("users.external", "Signs in with the sign-in service, which gives the role too.", "ログインサービスでログインします。権限もそこで決まります。"),
    ("fail.sign-in", "Sign in first.", "先にログインしてください。"),
    ("fail.role", "Your role does not allow this. Ask an administrator.", "この操作は、今の権限ではできません。管理者に相談してください。"),
    ("fail.form", "This form is too old or was not made by this page. Go back, load the page again and send it once more.", "この入力画面は古いか、別のページから送られました。前の画面に戻り、読み込み直してからもう一度送ってください。"),
    ("fail.missing", "There is no such page or message.", "そのページまたはメールはありません。"),
    ("fail.wrong", "The request could not be understood.", "送られた内容を読み取れませんでした。"),
    ("fail.large", "The file is larger than what may be checked here.", "ファイルが、調べられる大きさの上限を超えています。"),
    ("fail.empty", "No file was chosen, or it is empty.", "ファイルが選ばれていないか、中身が空です。"),
    ("fail.busy", "Many files are being checked just now. Try again in a minute.", "いま多くのファイルを調べています。1分ほど待って、もう一度試してください。"),
    ("fail.fault", "tenpu failed. This is a fault of tenpu; its terminal or log says more.", "tenpuで不具合が起きました。詳しくは、tenpuの画面または記録を見てください。"),

    // Checking a file.
    ("upload.title", "May I open this?", "開いてよいか調べる"),
    ("upload.lead", "Give tenpu the mail or the attachment. It looks inside without opening it on your machine, and answers here.", "メールまたは添付ファイルを渡してください。tenpuが、開かずに中身を調べて、ここで答えます。"),
    ("upload.drop", "Drop a file here, or choose one", "ここにファイルを置くか、ファイルを選んでください"),
    ("upload.file", "File", "ファイル"),
    ("upload.kinds", "Best is the whole mail (.eml or .msg): then tenpu also sees sender and passwords. Archives (.zip and others), Word, Excel, PowerPoint and PDF files can be checked as well.", "メール全体（.emlまたは.msg）が最適です。差出人や本文のパスワードも調べられます。圧縮ファイル（.zipなど）、Word、Excel、PowerPoint、PDFも調べられます。"),
    ("upload.password", "Password, if you know it", "パスワード（分かる場合）"),
    ("upload.password-note", "Needed only if the password came another way than in the mail itself.", "パスワードが、そのメール以外の方法で届いたときだけ入力してください。"),
    ("upload.button", "Check", "調べる"),
    ("upload.busy", "Checking …", "調べています…"),
    ("upload.how", "How do I save a mail as a file?", "メールをファイルに保存するには"),
    ("upload.how-outlook", "Outlook: mark the mail in the list without opening its attachment, and drag it to the desktop (.msg).", "Outlook：添付ファイルは開かずに、一覧のメールをデスクトップへドラッグします（.msg）。"),
    ("upload.how-thunderbird", "Thunderbird: right-click the mail in the list, “Save As” (.eml).", "Thunderbird：一覧のメールを右クリックし、「名前を付けて保存」を選びます（.eml）。"),
    ("upload.how-web", "Webmail: “Download message” or “Show original” (.eml).", "Webメール：「メッセージをダウンロード」または「メッセージのソースを表示」を選びます（.eml）。"),

    // The queue.
    ("queue.title", "Queue", "受付一覧"),
    ("queue.counts", "{} waiting, {} today", "待ち{}件、今日{}件"),
    ("queue.empty", "Nothing waits for a decision.", "判断を待っているものはありません。"),
    ("queue.none-found", "Nothing matches these filters.", "この条件に合うものはありません。"),
    ("queue.first", "Nothing has been checked yet.", "まだ何も調べていません。"),
    ("queue.upload", "Check a file", "ファイルを調べる"),
    ("queue.recipients", "To", "宛先"),
    ("queue.received", "Received", "受信"),
    ("queue.why", "Strongest reason", "理由（いちばん強いもの）"),
    ("queue.people", "{} people", "{}人"),
    ("queue.person", "1 person", "1人"),
    ("queue.state", "State", "状態"),
    ("queue.show-all", "Show everything that was checked", "調べたものをすべて表示"),
    ("queue.pages", "Pages of the list", "一覧のページ"),
    ("queue.times", "×{}", "×{}通"),
    ("queue.really", "really", "実際"),
    ("queue.filter", "Filters", "絞り込み"),
    ("queue.verdict", "Verdict", "判定"),
    ("queue.all", "All", "すべて"),
    ("queue.period", "Period", "期間"),
    ("queue.days", "{} days", "{}日間"),
    ("queue.day", "1 day", "1日間"),
    ("queue.waiting", "Waiting", "未処理のみ"),
    ("queue.domain", "Recipients at", "宛先のドメイン"),
    ("queue.order", "Order", "並び順"),
    ("queue.newest", "newest first", "新しい順"),
    ("queue.worst", "most dangerous first", "危険な順"),
    ("queue.apply", "Apply", "絞り込む"),
    ("queue.next", "Next page", "次のページ"),
    ("queue.start", "First page", "最初のページ"),
    ("queue.keys", "Keys: j and k move, Enter opens, / goes to the search box.", "キー操作：j・kで移動、Enterで開く、/で検索へ"),
    ("queue.no-subject", "(no subject)", "（件名なし）"),

    // Search, and the mails of one attack.
    ("search.title", "Search", "検索"),
    ("search.label", "Words, an address, a file name, a hash, a web address, a rule", "言葉、アドレス、ファイル名、ハッシュ値、URL、規則名"),
    ("search.button", "Search", "検索する"),
    ("search.hint-words", "Several words find the mails in which all of them stand: 請求書 city.example", "言葉をいくつか書くと、すべてを含むメールが見つかります。例：請求書 city.example"),
    ("search.hint-hash", "12 or more digits of a SHA-256 find the mails with that file inside.", "SHA-256の先頭12桁以上で、そのファイルを含むメールが見つかります。"),
    ("search.hint-link", "A web address may be written as it is shown here: hxxp://evil[.]example", "URLは、この画面の書き方のままでも検索できます。例：hxxp://evil[.]example"),
    ("search.none", "Nothing was found.", "見つかりませんでした。"),
    ("campaign.title", "Mails of one attack", "同じ攻撃のメール"),
    ("campaign.counts", "{} mails to {} people, first {}, last {}", "{}通、宛先{}人、最初 {}、最後 {}"),
    ("campaign.mails", "Mails", "メール"),
    ("others.title", "Who else got it", "ほかの受信者"),
    ("others.alone", "No other mail of this kind is known, and no other recipient.", "同じ種類のメールも、ほかの受信者も見つかっていません。"),
    ("others.counts", "{} mails of this kind went to {} people.", "同じ種類のメールが{}通、{}人に届いています。"),
    ("others.all", "Show all of them", "すべて表示"),
    ("others.address", "Recipient", "受信者"),
    ("others.mails", "Mails", "通数"),
    ("others.last", "Last one", "最後の受信"),
    ("others.none", "No recipient is known.", "宛先は分かっていません。"),
    ("mailbox.title", "In the mailboxes", "メールボックスの状態"),
    ("mailbox.counts", "In {} mailboxes; read in {}, answered in {}.", "{}個のメールボックスにあり、{}個で既読、{}個で返信済みです。"),
    ("mailbox.none", "It lies in no mailbox.", "どのメールボックスにもありません。"),
    ("mailbox.reading", "The mailboxes are being looked through. Load this page again in a moment.", "メールボックスを調べています。少し待ってから、このページを再読み込みしてください。"),
    ("mailbox.partly", "Not all mailboxes could be looked through.", "調べられなかったメールボックスがあります。"),
    ("mailbox.box", "Mailbox", "メールボックス"),
    ("mailbox.state", "State", "状態"),
    ("mailbox.answered", "answered", "返信済み"),
    ("mailbox.read", "read", "既読"),
    ("mailbox.unread", "not read", "未読"),
    ("mailbox.trashed", "in the trash", "ごみ箱"),
    ("export.title", "Take it along", "書き出し"),
    ("export.report", "Report (JSON)", "レポート（JSON）"),
    ("export.csv", "Indicators (CSV)", "手がかり（CSV）"),
    ("export.stix", "STIX 2.1", "STIX 2.1"),
    ("export.misp", "MISP event", "MISPイベント"),
    ("export.sample", "The mail itself (ZIP, password: {})", "メールそのもの（ZIP、パスワード：{}）"),
    ("export.note", "STIX and MISP name no recipients. On paper, this page is the report.", "STIXとMISPに宛先は含まれません。このページを印刷すると、そのまま報告書になります。"),
    ("export.danger", "The ZIP holds the mail with its attachments. Do not open it on a work PC.", "ZIPには、添付ファイルを含むメールがそのまま入っています。業務用のPCで開かないでください。"),

    // A message.
    ("message.about", "About this mail", "このメールについて"),
    ("message.now", "What to do now", "今すること"),
    ("message.situation", "What has happened so far?", "今の状況を選んでください"),
    ("situation.unopened", "Not opened yet", "まだ開いていない"),
    ("situation.opened", "Opened the file", "ファイルを開いた"),
    ("situation.enabled", "Pressed “Enable Content”", "「コンテンツの有効化」を押した"),
    ("situation.typed", "Typed a password", "パスワードを入力した"),
    ("contact", "Call", "連絡先"),
    ("do.encrypted", "If the password came in another mail, hand the file in again on “Check a file” and type that password there.", "パスワードが別のメールで届いている場合は、「ファイルを調べる」で、そのパスワードを入力してもう一度調べてください。"),
    ("do.clean.1", "Look at the sender's address: is it the one you know?", "差出人のアドレスを見てください。知っているアドレスですか。"),
    ("do.clean.2", "If the mail was not expected, call the sender on a number you already know.", "心当たりのないメールのときは、以前から知っている番号に電話して確かめてください。"),
    ("do.clean.3", "Never press “Enable Content” because a file asks you to.", "ファイルに書かれていても、「コンテンツの有効化」は押さないでください。"),
    ("do.opened.1", "Close the file. Do not press “Enable Content” or “Enable Editing”.", "ファイルを閉じてください。「コンテンツの有効化」や「編集を有効にする」は押さないでください。"),
    ("do.opened.2", "Write down the time and the name of the file.", "開いた日時とファイル名を書き留めてください。"),
    ("do.opened.3", "Tell your IT staff now, even if nothing seems to have happened.", "何も起きていないように見えても、すぐに情報システム担当へ知らせてください。"),
    ("do.opened.4", "Do not delete the mail or the file until they say so.", "指示があるまで、メールとファイルは削除しないでください。"),
    ("do.enabled.1", "Pull the network cable and switch Wi-Fi off, at once.", "すぐにLANケーブルを抜き、Wi-Fiを切ってください。"),
    ("do.enabled.2", "Leave the power on. Do not restart.", "電源は切らないでください。再起動もしないでください。"),
    ("do.enabled.3", "Call your IT staff. Do not write a mail from this machine.", "情報システム担当へ電話してください。このパソコンからメールは送らないでください。"),
    ("do.enabled.4", "Change your mail password from another device.", "別の端末から、メールのパスワードを変えてください。"),
    ("do.enabled.5", "“Nothing was detected” by a scanner does not mean that nothing happened. Wait for your IT staff.", "対策ソフトで「検知されませんでした」と出ても、何もなかったとは言い切れません。担当の指示を待ってください。"),
    ("do.typed.1", "Change that password at once, from another device.", "すぐに、別の端末からそのパスワードを変えてください。"),
    ("do.typed.2", "Change it everywhere else where you use the same one.", "同じパスワードを使っているほかのサービスでも変えてください。"),
    ("do.typed.3", "Tell your IT staff when you typed it, and on which page.", "入力した日時と画面を、情報システム担当へ知らせてください。"),
    ("do.typed.4", "If it was a bank or card, call the bank too.", "銀行やカードの情報を入力した場合は、その会社にも電話してください。"),
    ("message.before", "Before you open it", "開く前に"),
    ("message.marked", "see the reasons", "理由に記載"),
    ("message.noted", "noticed", "気づいた点あり"),
    ("message.unread", "not read", "読めませんでした"),
    ("message.rule", "Rule and technique", "規則と手口"),
    ("message.source-of", "found", "見つけた場所"),
    ("message.show", "Show", "表示"),
    ("message.password-opened", "Password for {}", "{}のパスワード"),
    ("message.macros", "Programs found inside", "中にあったプログラム"),
    ("message.does", "What it does", "動き"),
    ("message.code", "Text of the program", "プログラムの内容"),
    ("message.lines", "{} lines", "{}行"),
    ("message.more-lines", "{} more lines are not shown.", "残り{}行は表示していません。"),
    ("message.indicators-note", "For your gateway or for a search. A click marks the whole value. Links are written dead.", "遮断や検索に使えます。押すと、値の全体が選ばれます。リンクは開けない形で書いています。"),
    ("message.preview", "Safe preview", "安全な表示"),
    ("message.preview-note", "Only the letters: no pictures, no formulas, no links that work.", "文字だけを表示します。画像、計算式、押せるリンクはありません。"),
    ("message.preview-none", "There is no text to show.", "表示できる文字はありません。"),
    ("message.preview-gone", "The mail itself is no longer kept; only its report is left.", "メールの本体は、保存期間が過ぎたため残っていません。検査結果だけを表示しています。"),
    ("message.preview-failed", "The mail could not be opened for this view: tenpu failed on it. Treat it as dangerous, and tell whoever looks after tenpu.", "このメールは、表示のために開く途中でtenpuが失敗しました。危険なメールとして扱い、tenpuの担当者に知らせてください。"),
    ("message.preview-busy", "The mail could not be opened for this view because too much is going on. Try again in a minute.", "ほかの検査で混み合っているため、表示のために開けませんでした。1分ほど待ってから、もう一度開いてください。"),
    ("message.preview-body", "Text of the mail", "本文"),
    ("message.headers", "Where it came from", "どこから来たか"),
    ("message.technical", "Hashes and numbers", "ハッシュ値と番号"),
    ("message.cut", "only the beginning is shown", "先頭だけを表示しています"),
    ("message.checked", "Checked on {}", "{}に検査"),
    ("message.checked-by", "Checked on {} by {}", "{}に検査（{}さん）"),
    ("message.another", "Check another file", "別のファイルを調べる"),
    ("message.damage", "damaged", "破損あり"),
    ("indicator.url", "Web address", "Webアドレス"),
    ("indicator.domain", "Domain", "ドメイン"),
    ("indicator.ip", "IP address", "IPアドレス"),
    ("indicator.email", "Mail address", "メールアドレス"),
    ("indicator.filename", "File name", "ファイル名"),
    ("indicator.sha256", "SHA-256", "SHA-256"),
    ("indicator.command", "Command", "命令"),
    ("header.from", "Sender as shown", "表示された差出人"),
    ("header.address", "Real address", "実際のアドレス"),
    ("header.reply-to", "Answers go to", "返信先"),
    ("header.return-path", "Undelivered mail goes to", "配送エラーの送り先"),
    ("header.sender", "Sent on behalf by", "代理の送信者"),
    ("header.date", "Date as the sender wrote it", "差出人が書いた日付"),
    ("header.message-id", "Number of the mail", "メールの番号"),
    ("header.x-mailer", "Program that wrote it", "送信に使われたソフト"),
    ("header.received", "Way through the servers, first to last", "経由したサーバー（届いた順）"),
    ("header.hop", "{} took it from {}", "{}が、{}から受け取りました"),
    ("header.hop-by", "{} took it", "{}が受け取りました"),
    ("header.hop-from", "It came from {}", "{}から届きました"),
    ("note.from", "Anybody can write any name here.", "名前は、誰でも自由に書けます。"),
    ("note.name-address", "The name shows another address than the real one.", "名前に、実際とは違うアドレスが書かれています。"),
    ("note.reply-to", "Answers would go to another domain than the sender's.", "返信すると、差出人とは違うドメインへ届きます。"),
    ("note.return-path", "Another domain than the sender's. Mailing lists and mail services do that too.", "差出人とは違うドメインです。メーリングリストや配信サービスでもよくあります。"),
    ("note.received", "Only the last lines were written by your own servers; all before them can be forged.", "確かなのは、自組織のサーバーが書いた最後の行だけです。それより前は偽れます。"),

    // Kinds of files, as people call them.
    ("kind.eml", "mail", "メール"), ("kind.msg", "mail (Outlook)", "メール（Outlook）"),
    ("kind.doc", "Word document", "Word文書"), ("kind.docx", "Word document", "Word文書"), ("kind.docm", "Word document with macros", "マクロ付きWord文書"),
    ("kind.xls", "Excel workbook", "Excelブック"), ("kind.xlsx", "Excel workbook", "Excelブック"), ("kind.xlsm", "Excel workbook with macros", "マクロ付きExcelブック"), ("kind.xlsb", "Excel workbook", "Excelブック"),
    ("kind.ppt", "PowerPoint slides", "PowerPointスライド"), ("kind.pptx", "PowerPoint slides", "PowerPointスライド"), ("kind.pptm", "PowerPoint slides with macros", "マクロ付きPowerPointスライド"),
    ("kind.pdf", "PDF", "PDF"), ("kind.rtf", "rich text", "リッチテキスト"), ("kind.html", "web page", "Webページ"), ("kind.text", "text", "テキスト"), ("kind.csv", "table (CSV)", "表（CSV）"),
    ("kind.zip", "ZIP archive", "ZIPファイル"), ("kind.7z", "7z archive", "7zファイル"), ("kind.rar", "RAR archive", "RARファイル"), ("kind.lzh", "LZH archive", "LZHファイル"),
    ("kind.exe", "program", "プログラム"), ("kind.dll", "program", "プログラム"), ("kind.msi", "installer", "インストーラー"),
    ("kind.vba", "macro", "マクロ"), ("kind.xlm", "macro (Excel 4)", "マクロ（Excel 4.0）"), ("kind.lnk", "shortcut", "ショートカット"), ("kind.one", "OneNote page", "OneNoteのページ"),
    ("kind.js", "script (JavaScript)", "スクリプト（JavaScript）"), ("kind.vbs", "script (VBScript)", "スクリプト（VBScript）"), ("kind.ps1", "script (PowerShell)", "スクリプト（PowerShell）"), ("kind.bat", "batch file", "バッチファイル"),
    ("kind.png", "picture", "画像"), ("kind.jpg", "picture", "画像"), ("kind.gif", "picture", "画像"), ("kind.iso", "disc image", "ディスクイメージ"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn keys_are_unique_and_both_languages_are_there() {
        let mut seen = BTreeSet::new();
        for (key, en, ja) in all() {
            assert!(seen.insert(key), "{key} stands twice");
            assert!(!en.trim().is_empty() && !ja.trim().is_empty(), "{key} lacks a language");
            assert_eq!(en.matches("{}").count(), ja.matches("{}").count(), "{key}: {{}}");
            let families = ["role.", "fail.", "kind.", "situation.", "do.", "note.", "header.", "indicator."];
            let is_new = words::say(Lang::En, key).is_empty();
            assert!(
                is_new || families.iter().any(|family| key.starts_with(family)),
                "{key} is a word of reports"
            );
        }
    }

    #[test]
    fn nothing_promises_safety_or_speaks_of_infection() {
        for (key, en, ja) in all().filter(|(key, _, _)| *key != "message.preview") {
            let en = en.to_lowercase();
            assert!(!en.contains("safe") && !en.contains("infect"), "{key}: {en}");
            assert!(!ja.contains("感染") && !ja.contains("問題ありません") && !ja.contains("安全"), "{key}");
        }
    }

    #[test]
    fn every_key_of_templates_and_sources_has_words() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/front/desk");
        let mut used = 0;
        for entry in
            walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file())
        {
            let Ok(bytes) = crate::front::input::read_file(entry.path(), 1 << 20) else { continue };
            let text = String::from_utf8(bytes.bytes).unwrap();
            for call in [
                "page.say(\"",
                "say(lang, \"",
                "fill(lang, \"",
                "say(self.lang, \"",
                "fill(self.lang, \"",
                "page.fill(\"",
            ] {
                for (at, _) in text.match_indices(call).filter(|_| !entry.path().ends_with("words.rs")) {
                    let key = text.get(at + call.len()..).unwrap().split('"').next().unwrap();
                    assert!(
                        !say(Lang::En, key).is_empty(),
                        "no words for {key} in {}",
                        entry.path().display()
                    );
                    used += 1;
                }
            }
        }
        assert!(used > 60, "the search found only {used} keys");
    }
}
