//! The report for people, as plain text: the verdict, why, what shows it, what was not read, what to do now.
//! A mail in which nothing was found is one line.

use super::gist::{Gist, Missed, Reason, source};
use super::words::{fill, say};
use super::{Lang, Report};
use crate::text::printable;
use crate::verdict::Verdict;
use std::io::{self, Write};

/// Writes one report.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, report: &Report, lang: Lang) -> io::Result<()> {
    let gist = Gist::of(report, lang);
    if report.verdict == Verdict::Clean {
        return writeln!(out, "{} {}  {}", gist.sign, source(report, lang), gist.headline);
    }
    writeln!(out, "\n{} {}", gist.sign, gist.headline)?;
    if !gist.why.is_empty() {
        writeln!(out, "  {}", gist.why)?;
    }
    writeln!(out)?;
    for (label, value) in &gist.about {
        writeln!(out, "  {label}: {}", printable(value))?;
    }
    reasons(out, &gist.reasons, lang)?;
    list(out, say(lang, "heading.passwords"), gist.passwords.iter().map(|line| format!("- {line}")))?;
    unread(out, &gist, lang)?;
    let steps = gist.steps.iter().enumerate();
    list(out, say(lang, "heading.steps"), steps.map(|(n, step)| format!("{}. {step}", n + 1)))?;
    writeln!(out)
}

/// What was found; each rule with the places where it matched.
pub fn reasons(out: &mut dyn Write, reasons: &[Reason], lang: Lang) -> io::Result<()> {
    if !reasons.is_empty() {
        writeln!(out, "\n  {}", say(lang, "heading.reasons"))?;
    }
    for (n, reason) in reasons.iter().enumerate() {
        writeln!(out, "   {}. {}", n + 1, reason.title)?;
        let gap = if reason.attack.is_empty() { "" } else { " " };
        writeln!(out, "      [{}] {}{gap}{}", reason.strength, reason.rule, reason.attack)?;
        for place in &reason.places {
            writeln!(out, "      {}", place.trail)?;
            if !place.evidence.is_empty() {
                writeln!(out, "        | {}", place.evidence)?;
            }
        }
        if reason.more > 0 {
            writeln!(out, "      … {}", fill(lang, "more", &[&reason.more.to_string()]))?;
        }
    }
    Ok(())
}

fn unread(out: &mut dyn Write, gist: &Gist, lang: Lang) -> io::Result<()> {
    let more =
        (gist.unread_more > 0).then(|| format!("… {}", fill(lang, "more", &[&gist.unread_more.to_string()])));
    list(out, say(lang, "heading.unread"), gist.unread.iter().map(missed).chain(more))
}

/// One line of what was not read.
fn missed(missed: &Missed) -> String {
    let detail = if missed.detail.is_empty() { String::new() } else { format!(" [{}]", missed.detail) };
    format!("- {}{detail}: {}", missed.trail, missed.reason)
}

/// A heading and its lines; nothing where there are none.
fn list(out: &mut dyn Write, heading: &str, lines: impl Iterator<Item = String>) -> io::Result<()> {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        writeln!(out, "\n  {heading}")?;
    }
    lines.try_for_each(|line| writeln!(out, "   {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::report::tests::malicious;
    use crate::text::is_deceptive;

    fn text(report: &Report, lang: Lang) -> String {
        let mut out = Vec::new();
        write(&mut out, report, lang).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_dangerous_mail_in_english() {
        let want = "
■ Dangerous: very likely a virus mail. Do not open the attachment.
  The attachment was locked, and a password in the mail itself opened it. The macro-runs sign was found.

  Subject: Re: 請求書の件 ⟨U+202E⟩<script>alert(1)</script>
  From: 佐藤 太郎 <a@city.example>
  To: \"Doe, Jane\" <j@a.example>, b@a.example, c@a.example
  Date: Fri, 4 Mar 2022 09:12:00 +0900
  File: mail/<b>⟨U+202E⟩.eml

  Reasons
   1. The macro-runs sign was found.
      [strong] macro-runs T1204.002
      請求書.zip › 請求書.doc › ThisDocument
        | Shell \"hxxp://evil[.]example/a.exe\" <b>
   2. The small sign was found.
      [weak] small T1204.002
      請求書.zip
        | Shell \"hxxp://evil[.]example/a.exe\" <b>

  Passwords used
   - 請求書.zip was opened with “p<w>⟨U+202E⟩1” (found in the mail text: line 3)

  What was not read
   - <img src=x onerror=alert(1)>.7z [⟨U+001B⟩[31m7z]: tenpu does not open this kind of file yet.

  What to do now
   1. Do not open the attachment.
   2. Do not follow links in the mail either.
   3. Do not delete the mail. Tell your IT staff and wait for their answer.
   4. To ask the sender, do not reply to this mail. Use the phone.
   5. If you have opened the file, tell your IT staff the time and the file name.
   6. If you pressed “Enable Content”, cut the network cable and Wi-Fi at once. Do not switch the power off. Call your IT staff.
   7. If you typed a password into a page or form, change it from another device.

";
        assert_eq!(text(&malicious(), Lang::En), want);
    }

    #[test]
    fn japanese_begins_with_the_conclusion_and_hides_nothing() {
        let text = text(&malicious(), Lang::Ja);
        let conclusion = "\n■ 危険：ウイルスメールの可能性が高いです。添付ファイルは開かないでください。\n";
        assert!(text.starts_with(conclusion));
        assert!(text.contains("\n  今すること\n   1. 添付ファイルは開かないでください。\n"));
        assert!(!text.chars().any(|c| is_deceptive(c) && c != '\n'));
    }

    #[test]
    fn a_clean_mail_is_one_line() {
        let tree = Tree::new(Child::new("a.txt", "file", b"hello".to_vec()));
        let report = Report::new("a.mbox", 2, &tree, &[]);
        let want = "○ a.mbox (message 3)  Nothing suspicious was found (this is no guarantee).\n";
        assert_eq!(text(&report, Lang::En), want);
    }
}
