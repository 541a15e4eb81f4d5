//! A command line as `cmd` and the programs it starts understand it: carets and needless quotes taken out, names of the
//! environment and parts of them put in, variables that the line itself sets too. Nothing is run; what cannot be known
//! stays as it is.

/// Bytes of a command that are worked on. Windows starts nothing longer than 32 KiB.
const MOST: usize = 64 << 10;

/// The command line of a link, and behind it what it means where that is something else. Empty where the link names
/// nothing.
pub(super) fn text(targets: &[String], arguments: &str) -> String {
    let mut text = String::new();
    for target in targets {
        text.push_str(target);
        text.push('\n');
    }
    if !arguments.trim().is_empty() {
        text.push_str(arguments.trim());
        text.push('\n');
    }
    let plain = plain(&text);
    if plain != text {
        text.push_str(&plain);
    }
    text
}

/// A command without what is only there to hide it.
fn plain(command: &str) -> String {
    let end = (0..=MOST.min(command.len())).rev().find(|end| command.is_char_boundary(*end));
    let command = command.get(..end.unwrap_or_default()).unwrap_or_default();
    let bare: String = command.chars().filter(|c| !matches!(c, '^' | '`' | '\0')).collect();
    let expanded = expand(&bare);
    let joined = expanded.replace("'+'", "").replace("' + '", "").replace("\"+\"", "").replace("\" + \"", "");
    let mut out = String::new();
    let mut blanks = 0;
    let letters: Vec<char> = joined.chars().collect();
    for (at, &c) in letters.iter().enumerate() {
        let near =
            |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_alphanumeric);
        // A quote within a word is read over.
        let is_filler = c == '"' && near(at.checked_sub(1)) && near(Some(at + 1));
        blanks = if matches!(c, ' ' | '\t' | '\u{a0}') { blanks + 1 } else { 0 };
        if !is_filler && blanks < 2 {
            out.push(c);
        }
    }
    out
}

/// Names of the environment with their values on a plain Windows, in lower case.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("comspec", "C:\\Windows\\system32\\cmd.exe"),
    ("systemroot", "C:\\Windows"),
    ("windir", "C:\\Windows"),
    ("systemdrive", "C:"),
    ("homedrive", "C:"),
    ("programfiles", "C:\\Program Files"),
    ("programfiles(x86)", "C:\\Program Files (x86)"),
    ("programw6432", "C:\\Program Files"),
    ("commonprogramfiles", "C:\\Program Files\\Common Files"),
    ("programdata", "C:\\ProgramData"),
    ("allusersprofile", "C:\\ProgramData"),
    ("public", "C:\\Users\\Public"),
    ("os", "Windows_NT"),
    ("pathext", ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC"),
    ("processor_architecture", "AMD64"),
    (
        "psmodulepath",
        "C:\\Program Files\\WindowsPowerShell\\Modules;C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\Modules",
    ),
];

/// Puts in the values of names between `%` or `!`.
fn expand(command: &str) -> String {
    let set = assignments(command);
    let mut out = String::new();
    let mut rest = command;
    while let Some(at) = rest.find(['%', '!']).filter(|_| out.len() < MOST) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mark = if from.starts_with('%') { '%' } else { '!' };
        let inside = from.get(1..).unwrap_or_default();
        let value = inside.split_once(mark).and_then(|(name, rest)| Some((value(name, &set)?, rest)));
        match value {
            Some((value, behind)) => {
                out.push_str(&value);
                rest = behind;
            }
            None => {
                out.push(mark);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The variables that a line sets: name in lower case, value. Later ones come first.
fn assignments(command: &str) -> Vec<(String, String)> {
    let mut set = Vec::new();
    for piece in command.split(['&', '|', '\n', '(']).take(1_000) {
        let Some((before, piece)) = split_at_set(piece) else { continue };
        let begins = before.is_empty() || before.ends_with([' ', '"', '@', '\t']);
        let Some((name, value)) = piece.split_once('=').filter(|_| begins) else { continue };
        let value = value.trim_end_matches('"');
        set.insert(0, (name.trim_start_matches(['"', ' ']).to_lowercase(), value.to_string()));
    }
    set
}

/// What stands before and behind the command `set`.
fn split_at_set(piece: &str) -> Option<(&str, &str)> {
    let at = piece.to_ascii_lowercase().find("set ")?;
    Some((piece.get(..at)?, piece.get(at + 4..)?))
}

/// The value of a name, whole, in part (`name:~from,count`) or with a text exchanged (`name:old=new`).
fn value(name: &str, set: &[(String, String)]) -> Option<String> {
    let (name, how) = name.split_once(':').map_or((name, None), |(name, how)| (name, Some(how)));
    let name = name.to_lowercase();
    let own = set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let value =
        own.or_else(|| ENVIRONMENT.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))?;
    match how {
        None => Some(value.to_string()),
        Some(how) => match how.strip_prefix('~') {
            Some(range) => part(value, range),
            None => how
                .split_once('=')
                .filter(|(old, _)| !old.is_empty())
                .map(|(old, new)| value.replace(old, new)),
        },
    }
}

/// `from,count` of a value; negative numbers count from its end.
fn part(value: &str, range: &str) -> Option<String> {
    let letters: Vec<char> = value.chars().collect();
    let length = i64::try_from(letters.len()).ok()?;
    let (from, count) = range.split_once(',').unwrap_or((range, ""));
    let from: i64 = from.trim().parse().ok()?;
    let from = if from < 0 { (length + from.max(-length)).max(0) } else { from.min(length) };
    let end = match count.trim() {
        "" => length,
        count => match count.parse::<i64>().ok()? {
            count if count < 0 => length + count.max(-length),
            count => from.saturating_add(count).min(length),
        },
    };
    let (from, end) = (usize::try_from(from).ok()?, usize::try_from(end).ok()?);
    Some(letters.get(from..end).unwrap_or_default().iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_cmd_reads_them() {
        let rows = [
            ("p^o^w^er\"\"shell -e^n^c", "power\"\"shell -enc"),
            ("%COMSPEC:~-7,3% /c", "cmd /c"),
            ("set a=pow&&set b=ershell&&call %a%%b%", "set a=pow&&set b=ershell&&call powershell"),
            (
                "cmd /v:on /c set x=mshXXta&&!x:XX=! http://a.example",
                "cmd /v:on /c set x=mshXXta&&mshta http://a.example",
            ),
            ("p\"owe\"rshell", "powershell"),
            ("('po'+'wer')", "('power')"),
            ("100% sure! 5%", "100% sure! 5%"),
            ("%unknown% %~dp0", "%unknown% %~dp0"),
            ("a      b", "a b"),
        ];
        for (given, want) in rows {
            assert_eq!(plain(given), want, "{given}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_borne() {
        for range in
            ["99", "-99", "0,99", "2,-99", "-9223372036854775808", "9223372036854775807,1", "x", "1,x"]
        {
            assert!(part("abc", range).is_none_or(|part| part.len() <= 3), "{range}");
        }
        let mine = "set a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx&".to_string() + &"%a%".repeat(50_000);
        assert!(plain(&mine).len() < 4 * MOST);
    }
}
