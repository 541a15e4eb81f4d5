//! Whole mailboxes: mails that belong together, and whom they were exchanged with.

use super::{Folder, build, mail, reports, run, status, stderr, stdout};
use serde_json::Value;

/// A mail as the recipes write it.
fn from_recipe(recipe: &str) -> Vec<u8> {
    let recipe: build::cases::Recipe = toml::from_str(recipe).unwrap();
    recipe.message.bytes()
}

/// A mail of the office with a locked archive and without its password.
fn locked_mail() -> Vec<u8> {
    from_recipe(
        r#"
        [message]
        from = "田中 <tanaka@kaisha.example>"
        to = "info@town.example"
        subject = "見積書の送付"
        date = "Wed, 02 Mar 2022 10:00:00 +0900"
        [[message.part]]
        text = "見積書をお送りします。\nパスワードは別途お送りします。\n"
        [[message.part]]
        name = "見積書.zip"
        [message.part.zip]
        encrypt = "aes256"
        password = "k7Rm2x"
        names = "utf8"
        [[message.part.zip.member]]
        name = "見積書.txt"
        text = "御見積書"
        "#,
    )
}

fn password_mail() -> Vec<u8> {
    from_recipe(
        r#"
        [message]
        from = "田中 <tanaka@kaisha.example>"
        to = "info@town.example"
        subject = "【パスワード通知】見積書の送付"
        date = "Wed, 02 Mar 2022 10:03:00 +0900"
        charset = "iso-2022-jp"
        [[message.part]]
        text = "先ほどのファイルのパスワードをお知らせします。\n\nパスワード：k7Rm2x\n"
        "#,
    )
}

#[test]
fn the_second_mail_of_a_mailbox_opens_the_archive_of_the_first() {
    let folder = Folder::new();
    folder.file("box/cur/1.eml", locked_mail());
    let alone = run(&[&"scan", &"--format", &"json", &folder.0.join("box")]);
    assert_eq!(reports(&alone)[0]["verdict"], "unverified");
    let told: Vec<&str> = reports(&alone)[0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["evidence"].as_str().unwrap())
        .map(|e| if e.contains("別途") { "elsewhere" } else { "other" })
        .collect();
    assert_eq!(told, ["elsewhere"]);
    folder.file("box/new/2.eml", password_mail());
    let together = reports(&run(&[&"scan", &"--format", &"json", &folder.0.join("box")]));
    assert_eq!(
        (&together[0]["verdict"], &together[1]["verdict"]),
        (&Value::from("clean"), &Value::from("clean"))
    );
    let password = &together[0]["passwords"][0];
    assert_eq!(
        (&password["source"], &password["password"]),
        (&Value::from("other-mail"), &Value::from("k7Rm2x"))
    );
    assert_eq!(password["place"], "line 3 of “【パスワード通知】見積書の送付” (2.eml)");
    // The same mails in one mbox, the password first.
    let entry = |mail: Vec<u8>| {
        let lines = String::from_utf8(mail).unwrap().replace("\r\n", "\n");
        format!("From a@b.example Fri Mar  4 09:12:00 2022\n{lines}\n")
    };
    let mbox = folder.file("mbox", entry(password_mail()) + &entry(locked_mail()));
    let reports = reports(&run(&[&"scan", &"--format", &"json", &mbox]));
    assert_eq!(reports[1]["passwords"][0]["place"], "line 3 of “【パスワード通知】見積書の送付” (mbox)");
}

#[test]
fn exposure_lists_everybody_of_a_mailbox() {
    let folder = Folder::new();
    let sent = "From: info@town.example\r\nTo: \"=1+1\" <sato@firm.example>, tanaka@town.example\r\n\
        Date: Mon, 7 Mar 2022 09:12:00 +0900\r\nSubject: c\r\n\r\ntext\r\n";
    folder.file("box/cur/1:2,S", mail("a"));
    folder.file("box/cur/2:2,S", mail("b"));
    folder.file("box/.Sent/cur/3:2,S", sent);
    let mailbox = folder.0.join("box");
    let output = run(&[&"exposure", &mailbox]);
    assert_eq!(status(&output), 0);
    let want = "\u{feff}address,name,sent,received,named together,first contact,last contact,bulk mail only\r\n\
        tanaka@town.example,Tanaka,1,2,0,2022-03-04,2022-03-07,\r\n\
        sato@firm.example,'=1+1,1,0,0,2022-03-07,2022-03-07,\r\n";
    assert_eq!(stdout(&output), want);
    assert!(stderr(&output).contains("mailbox of info@town.example: 3 of 3 messages"), "{}", stderr(&output));
    let output = run(&[&"exposure", &mailbox, &"--until", &"2022-03-05", &"--format", &"json"]);
    let list: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&list["messages"], list["people"].as_array().unwrap().len()), (&Value::from(2), 1));
    let output = run(&[&"exposure", &mailbox, &"--lang", &"ja", &"--format", &"notice"]);
    assert!(stdout(&output).contains("不審なメール") && stdout(&output).contains("info@town.example"));
    let backwards = run(&[&"exposure", &mailbox, &"--since", &"2022-03-05", &"--until", &"2022-03-04"]);
    assert_eq!(status(&backwards), 2);
    let missing = run(&[&"exposure", &folder.0.join("none")]);
    assert_eq!(status(&missing), 2);
}
