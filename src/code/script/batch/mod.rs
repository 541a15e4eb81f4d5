//! Batch files → their commands as `cmd.exe` would see them: carets taken out, variables set and put in, whole
//! (`%a%`, `!a!`), in part (`%a:~3,1%`) or with something replaced (`%a:x=y%`); loops over written words, numbers and the
//! pieces of a written text unrolled. Conditions are passed over, so each line is read once, in order.

mod loops;

use std::collections::BTreeMap;

/// Bytes of commands that one file may grow to.
const MOST: usize = 1 << 20;

/// The commands, and how many variables and carets were undone.
pub(super) struct Commands {
    pub(super) text: String,
    pub(super) undone: usize,
    /// What `echo` writes into files, line by line.
    pub(super) echoed: String,
}

/// Reads a batch file.
pub(super) fn commands(source: &str) -> Commands {
    let mut names: BTreeMap<String, String> =
        SYSTEM.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let mut out = Commands { text: String::new(), undone: 0, echoed: String::new() };
    // Behind a jump a line may use what a later one sets: those files are read twice.
    let turns = if source.to_ascii_lowercase().contains("goto ") { 2 } else { 1 };
    let writes = source.contains('>');
    for line in std::iter::repeat_n(source, turns).flat_map(str::lines) {
        if out.text.len() > MOST {
            break;
        }
        let line = line.trim_start_matches(['\u{feff}', '@', ' ', '\t']);
        if line.starts_with("::") || line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("rem ")) {
            continue;
        }
        if writes && out.echoed.len() < MOST {
            out.echoed.extend(echoed(line).into_iter().flat_map(|text| [text, "\n"]));
        }
        match loops::unrolled(line) {
            Some(turns) => {
                out.undone += 1;
                turns.iter().for_each(|turn| run(turn, &mut names, &mut out));
            }
            None => run(line, &mut names, &mut out),
        }
    }
    out
}

/// What a line writes: `echo text >> file`, also within brackets that go to a file together.
fn echoed(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['(', ' ', '@']);
    let rest = line.get(..5).filter(|word| word.eq_ignore_ascii_case("echo ")).and_then(|_| line.get(5..))?;
    let end = rest.rfind('>').map_or(rest, |end| rest.get(..end).unwrap_or_default().trim_end_matches('>'));
    Some(end.trim_end_matches([' ', ')']))
}

/// Reads one line: what it says goes into `out`, what it sets into `names`.
fn run(line: &str, names: &mut BTreeMap<String, String>, out: &mut Commands) {
    if out.text.len() > MOST {
        return;
    }
    let plain = unquoted(substituted(line, names, &mut out.undone), &mut out.undone);
    for command in plain.split('&').map(|command| command.trim_start_matches(['@', ' ', '\t', '('])) {
        set(command, names);
    }
    out.text.push_str(&plain);
    out.text.push('\n');
}

/// A line without the quotes that stand inside its words: `p"ower"she"ll"`.
fn unquoted(line: String, undone: &mut usize) -> String {
    let letters: Vec<char> = line.chars().collect();
    let is_inside = |at: usize| {
        let is_letter =
            |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_alphabetic);
        letters.get(at) == Some(&'"') && is_letter(at.checked_sub(1)) && is_letter(Some(at + 1))
    };
    let inside = (0..letters.len()).filter(|at| is_inside(*at)).count();
    if inside < 3 {
        return line;
    }
    *undone += inside;
    letters.iter().enumerate().filter(|(at, _)| !is_inside(*at)).map(|(_, c)| *c).collect()
}

/// Variables of Windows whose letters droppers use.
const SYSTEM: &[(&str, &str)] = &[
    ("comspec", "C:\\Windows\\system32\\cmd.exe"),
    ("systemroot", "C:\\Windows"),
    ("windir", "C:\\Windows"),
    ("public", "C:\\Users\\Public"),
    ("programdata", "C:\\ProgramData"),
    ("allusersprofile", "C:\\ProgramData"),
    ("programfiles", "C:\\Program Files"),
    ("commonprogramfiles", "C:\\Program Files\\Common Files"),
    ("pathext", ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC"),
    ("os", "Windows_NT"),
    ("systemdrive", "C:"),
    ("psmodulepath", "C:\\Program Files\\WindowsPowerShell\\Modules"),
];

/// `set name=value`, `set "name=value"`
fn set(command: &str, names: &mut BTreeMap<String, String>) {
    let Some(rest) =
        command.get(..4).filter(|word| word.eq_ignore_ascii_case("set ")).and_then(|_| command.get(4..))
    else {
        return;
    };
    let rest = rest.trim_start().trim_start_matches('"');
    let Some((name, value)) = rest.split_once('=').filter(|(name, _)| !name.starts_with('/')) else { return };
    if names.len() < 50_000 && value.len() < 64 << 10 {
        names.insert(name.trim().to_lowercase(), value.trim_end_matches(['"', '\r']).to_string());
    }
}

/// A line with its variables put in and its carets taken out.
fn substituted(line: &str, names: &BTreeMap<String, String>, undone: &mut usize) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['%', '!', '^']) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let mark = rest.get(at..=at).unwrap_or_default();
        if mark == "^" {
            *undone += 1;
            let next = after.chars().next();
            out.extend(next);
            rest = after.get(next.map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        }
        let end = after.find(mark);
        let value = end.and_then(|end| after.get(..end)).and_then(|inner| value(inner, names));
        match (value, end) {
            (Some(value), Some(end)) if out.len() < MOST => {
                *undone += 1;
                out.push_str(&value);
                rest = after.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push_str(mark);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What stands between two percent signs. A variable that was never set is nothing, as in a batch file.
fn value(inner: &str, names: &BTreeMap<String, String>) -> Option<String> {
    let (name, part) = inner.split_once(':').map_or((inner, None), |(name, part)| (name, Some(part)));
    let known = names.get(&name.to_lowercase());
    let Some(part) = part else {
        let is_name =
            !name.is_empty() && name.len() < 64 && !name.contains([' ', '~', '*', '\\', '/', '"', '%']);
        return known.cloned().or_else(|| {
            is_name
                .then(String::new)
                .filter(|_| !name.starts_with(|c: char| c.is_ascii_digit()) && !is_system(name))
        });
    };
    let known = known?;
    if let Some(place) = part.strip_prefix('~') {
        return Some(slice(known, place));
    }
    let (what, with) = part.split_once('=')?;
    (!what.is_empty() && with.len() < 256).then(|| known.replace(what, with))
}

/// Variables of Windows that stay as they are written.
fn is_system(name: &str) -> bool {
    [
        "temp",
        "tmp",
        "appdata",
        "localappdata",
        "userprofile",
        "username",
        "computername",
        "date",
        "time",
        "random",
        "cd",
        "errorlevel",
        "path",
        "homepath",
        "homedrive",
        "processor_architecture",
        "programfiles(x86)",
        "userdomain",
        "logonserver",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known))
}

/// `~start,length`, either counted from the end if negative.
fn slice(text: &str, place: &str) -> String {
    let (start, length) =
        place.split_once(',').map_or((place, None), |(start, length)| (start, Some(length)));
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start: i64 = start.trim().parse().unwrap_or_default();
    let start = if start < 0 { (count + start).max(0) } else { start.min(count) };
    let end = match length.and_then(|length| length.trim().parse::<i64>().ok()) {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => start.saturating_add(length).min(count),
    };
    let skip = usize::try_from(start).unwrap_or_default();
    let take = usize::try_from(end - start).unwrap_or_default();
    text.chars().skip(skip).take(take).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_put_together() {
        let rows = [
            ("p^o^w^ershell -e x", "powershell -e x\n"),
            (
                "set a=pow\r\nset \"b=ershell\"\r\n%a%%b% -c y",
                "set a=pow\nset \"b=ershell\"\npowershell -c y\n",
            ),
            ("set k=abcdefmsht\n%k:~6,4%%k:~0,1%", "set k=abcdefmsht\nmshta\n"),
            ("set k=pqqowershqqell\n%k:qq=%", "set k=pqqowershqqell\npowershell\n"),
            ("%ComSpec:~-7% /c x", "cmd.exe /c x\n"),
            ("set x=1&set y=2\necho %x%%y%", "set x=1&set y=2\necho 12\n"),
            ("cu%xyz%rl http://a.example", "curl http://a.example\n"),
            ("copy %1 %TEMP%\\a", "copy %1 %TEMP%\\a\n"),
            ("for %%i in (1) do echo 50% off", "echo 50% off\n"),
            ("for %%i in (*) do echo 50% off", "for %%i in (*) do echo 50% off\n"),
            ("for %%a in (po wer) do set x=!x!%%a\n%x%shell", "set x=po\nset x=power\npowershell\n"),
            ("for /f \"tokens=2 delims=,\" %%a in (\"x,pow,y\") do (set a=%%a)\n%a%er", "set a=pow\npower\n"),
            ("rem set a=b\n:: x\necho", "echo\n"),
            (
                "goto b\n:a\n%x% y\n:b\nset x=z\ngoto a",
                "goto b\n:a\n y\n:b\nset x=z\ngoto a\ngoto b\n:a\nz y\n:b\nset x=z\ngoto a\n",
            ),
            ("p\"o\"w\"er -c \"x\"", "power -c \"x\"\n"),
        ];
        for (source, want) in rows {
            assert_eq!(commands(source).text, want, "{source}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let source = format!("set a=xxxxxxxx\n{}", "set a=%a%%a%\n".repeat(200));
        assert!(commands(&source).text.len() < 4 * MOST);
        for source in ["%", "^", "%a:~", "%a:~%", "!:=!", "set =", "%a:~-9999999999999999999,1%"] {
            commands(source);
        }
    }
}
