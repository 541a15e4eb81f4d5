//! Loops of batch files whose turns are written in them: `for %%a in (x y) do …`, `for /l %%a in (1,1,5) do …`,
//! `for /f "tokens=2 delims=," %%a in ("a,b") do …`.

/// Turns of one loop, and bytes of all of them.
const MOST: usize = 256;
const LONGEST: usize = 64 << 10;

/// The body of a loop for each of its turns; none where the line is no loop or its turns are not written.
pub(super) fn unrolled(line: &str) -> Option<Vec<String>> {
    let rest = after_word(line, "for")?;
    let (kind, rest) = match after_word(rest, "/f").map(|rest| ('f', rest)) {
        Some(found) => found,
        None => after_word(rest, "/l").map_or(('w', rest), |rest| ('l', rest)),
    };
    let (options, rest) = if kind == 'f' { options(rest) } else { ("", rest) };
    let rest = rest.trim_start().trim_start_matches('%');
    let mut letters = rest.chars();
    let name = letters.next().filter(char::is_ascii_alphabetic)?;
    let rest = after_word(letters.as_str(), "in")?.trim_start().strip_prefix('(')?;
    // A written text may hold brackets of its own.
    let close = rest
        .match_indices(')')
        .find(|(at, _)| rest.get(at + 1..).is_some_and(|rest| after_word(rest, "do").is_some()));
    let (list, rest) = rest.split_at_checked(close?.0)?;
    let rest = rest.get(1..)?;
    let body = after_word(rest, "do")?.trim();
    let body = body.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(body);
    let turns: Vec<Vec<String>> = match kind {
        'f' => vec![pieces(list, options)?],
        'l' => counted(list)?,
        _ => words(list)?,
    };
    let whole = turns.len().saturating_mul(body.len());
    (whole <= LONGEST).then(|| turns.iter().take(MOST).map(|turn| filled(body, name, turn)).collect())
}

/// What stands behind a word, whatever its case.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start_matches([' ', '\t', '@', '(']);
    let rest = text
        .get(word.len()..)
        .filter(|_| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))?;
    rest.starts_with([' ', '\t', '(']).then_some(rest)
}

/// The options between quotes, and what stands behind them.
fn options(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.strip_prefix('"').and_then(|inner| inner.split_once('"')).unwrap_or(("", text))
}

/// The words of a list; none where they are names of files to look for.
fn words(list: &str) -> Option<Vec<Vec<String>>> {
    let words = list.split([' ', ',', ';', '\t', '=']).filter(|word| !word.is_empty());
    let words: Vec<Vec<String>> =
        words.take(MOST).map(|word| vec![word.trim_matches('"').to_string()]).collect();
    let is_written = !words.is_empty() && !list.contains(['*', '?', '%', '!']);
    is_written.then_some(words)
}

/// `start,step,end`
fn counted(list: &str) -> Option<Vec<Vec<String>>> {
    let mut numbers = list.split(',').map(|number| number.trim().parse::<i64>().ok());
    let (start, step, end) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let goes_on = |at: &i64| if step > 0 { *at <= end } else { step < 0 && *at >= end };
    let turns = std::iter::successors(Some(start), |at| at.checked_add(step)).take_while(goes_on).take(MOST);
    Some(turns.map(|at| vec![at.to_string()]).collect())
}

/// The pieces of a written text that the options ask for, one for each name.
fn pieces(list: &str, options: &str) -> Option<Vec<String>> {
    let text = list.trim().strip_prefix('"')?.strip_suffix('"')?;
    let lower = options.to_ascii_lowercase();
    let option = |name: &str| lower.find(name).and_then(|at| options.get(at + name.len()..));
    let by = option("delims=").map_or(" \t", |rest| rest.split(' ').next().unwrap_or_default());
    let tokens = option("tokens=").map_or("1", |rest| rest.split(' ').next().unwrap_or_default());
    let all: Vec<&str> = text.split(|c| by.contains(c)).filter(|piece| !piece.is_empty()).collect();
    let wanted = tokens.split(',').take(26).map(|token| match token.split_once('-') {
        Some((from, to)) => (from.parse::<usize>().unwrap_or(1), to.parse::<usize>().unwrap_or(1).min(26)),
        None => token.trim_end_matches('*').parse::<usize>().map_or((1, 0), |at| (at, at)),
    });
    let places = wanted.flat_map(|(from, to)| from..=to);
    Some(
        places
            .map(|place| {
                place
                    .checked_sub(1)
                    .and_then(|at| all.get(at))
                    .map_or(String::new(), |piece| (*piece).to_string())
            })
            .collect(),
    )
}

/// A body with the pieces of one turn put in: `%%a` is the first, `%%b` the second.
fn filled(body: &str, name: char, turn: &[String]) -> String {
    let mut out = body.to_string();
    for (letter, value) in (name..=char::MAX).zip(turn) {
        for mark in ["%%~", "%%", "%~", "%"] {
            let held = format!("{mark}{letter}");
            if out.contains(&held) && out.len() < LONGEST {
                out = out.replace(&held, value);
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_turns_are_unrolled() {
        let rows: &[(&str, &[&str])] = &[
            ("for %%a in (x y) do echo %%a", &["echo x", "echo y"]),
            ("FOR /L %%i IN (1,2,5) DO call %%i", &["call 1", "call 3", "call 5"]),
            ("for /f \"tokens=1,3 delims=;\" %%a in (\"a;b;c\") do set x=%%a%%b", &["set x=ac"]),
            ("for /f \"tokens=1-2\" %a in (\"a b\") do %a%b", &["ab"]),
        ];
        for (line, want) in rows {
            assert_eq!(unrolled(line).unwrap(), *want, "{line}");
        }
    }

    #[test]
    fn other_lines_stay() {
        for line in [
            "for %%a in (*.txt) do del %%a",
            "format c:",
            "for",
            "for /f %%a in ('dir') do x",
            "for /l %%a in (a,b) do x",
            "for %%a in (x do y",
        ] {
            assert_eq!(unrolled(line), None, "{line}");
        }
        assert!(unrolled("for /l %%a in (1,1,999999999) do x").unwrap().len() <= MOST);
        assert_eq!(unrolled("for /l %%a in (1,0,9) do x").unwrap(), [""; 0]);
    }
}
