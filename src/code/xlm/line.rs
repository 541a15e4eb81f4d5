//! One line of a listing: its calls, its texts, and the pieces of which texts are put together.

/// A line taken apart.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The cell it stands in.
    pub(super) place: Option<Place>,
    pub(super) calls: Vec<Call>,
    pub(super) texts: Vec<String>,
    /// Character codes, cuttings, and texts of one or two letters beside `&`.
    pub(super) pieces: usize,
}

/// A call: its name in upper case and what stands behind its parenthesis, to the end of the line.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: String,
    /// Whether its first argument is neither a text nor a number.
    pub(super) is_computed: bool,
    /// The cell that its first argument names, and that its second does.
    pub(super) places: [Option<Place>; 2],
}

/// A cell: its column in upper case, and its row. Sheets are left aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) column: String,
    pub(super) row: u32,
}

impl Place {
    /// The cell that a reference like `Macro1!$B$7` names.
    pub(super) fn of(reference: &str) -> Option<Self> {
        let cell = reference.rsplit('!').next().unwrap_or_default().trim().replace('$', "");
        let digits = cell.find(|c: char| !c.is_ascii_alphabetic())?;
        let (column, row) = cell.split_at_checked(digits)?;
        let column = column.to_ascii_uppercase();
        (1..=3).contains(&column.len()).then(|| Some(Self { column, row: row.parse().ok()? }))?
    }

    /// The cell that a reference by numbers like `Macro1!R7C2` names.
    fn of_numbers(reference: &str) -> Option<Self> {
        let cell = reference.rsplit('!').next()?.trim().to_ascii_uppercase();
        let (row, column) = cell.strip_prefix('R')?.split_once('C')?;
        let mut left: u32 = column.parse().ok().filter(|column| (1..=16384).contains(column))?;
        let mut letters = String::new();
        while left > 0 {
            let digit = u8::try_from((left - 1) % 26).ok()?;
            letters.insert(0, char::from(b'A' + digit));
            left = (left - 1) / 26;
        }
        Some(Self { column: letters, row: row.parse().ok()? })
    }
}

impl Call {
    /// The cell that its first argument names, by a reference or by a text: `RUN("R9C2")`.
    pub(super) fn target(&self) -> Option<Place> {
        let named = || {
            let (text, _) = self.arguments.starts_with('"').then(|| text(&self.arguments))?;
            Place::of(&text).or_else(|| Place::of_numbers(&text))
        };
        self.places.first()?.clone().or_else(named)
    }
}

/// Functions that give one piece of a text.
const CUTTERS: &[&str] = &["CHAR", "MID", "UNICHAR"];
/// Calls of one line that are looked at.
const MOST_CALLS: usize = 200;
/// Bytes of arguments that are kept of each call.
const ARGUMENTS: usize = 600;

impl Line {
    /// Takes a line apart. Of a formula it reads code and texts, of a constant the text.
    pub(super) fn of(raw: &str) -> Self {
        let mut line = Self::default();
        let (place, cell) = raw.split_once(": ").unwrap_or(("", raw));
        line.place = Place::of(place);
        let (mut rest, mut word) = (cell, 0);
        let whole = rest;
        let mut before = ' ';
        while let Some(letter) = rest.chars().next() {
            let at = whole.len() - rest.len();
            if letter == '"' {
                let (text, after) = text(rest);
                let is_short = (1..=2).contains(&text.chars().count());
                let is_joined = before == '&' || after.trim_start().starts_with('&');
                line.pieces += usize::from(is_short && is_joined);
                line.texts.push(text);
                rest = after;
                word = whole.len() - rest.len();
                before = '"';
                continue;
            }
            if letter == '(' {
                line.call(whole.get(word..at).unwrap_or_default(), rest.get(1..).unwrap_or_default());
            }
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            if !(letter.is_alphanumeric() || letter == '.' || letter == '_') {
                word = whole.len() - rest.len();
            }
            if letter != ' ' {
                before = letter;
            }
        }
        line
    }

    fn call(&mut self, name: &str, arguments: &str) {
        let name = name.to_ascii_uppercase();
        self.pieces += usize::from(CUTTERS.contains(&name.as_str()) || is_one_letter(arguments));
        if name.is_empty() || self.calls.len() >= MOST_CALLS {
            return;
        }
        let mut end = ARGUMENTS.min(arguments.len());
        while !arguments.is_char_boundary(end) {
            end -= 1;
        }
        let is_computed = is_computed(arguments);
        let mut given = split(arguments);
        let places = [given.next(), given.next()].map(|argument| argument.and_then(Place::of));
        self.calls.push(Call {
            name,
            arguments: arguments.get(..end).unwrap_or_default().into(),
            is_computed,
            places,
        });
    }
}

/// Whether a call is given one number and joined with what follows: a macro of its own stands for `CHAR`.
fn is_one_letter(arguments: &str) -> bool {
    let digits = arguments.bytes().take_while(u8::is_ascii_digit).count();
    (2..=5).contains(&digits) && arguments.get(digits..).is_some_and(|rest| rest.starts_with(")&"))
}

/// The first arguments of a call, apart from each other.
fn split(arguments: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut in_text) = (0_usize, false);
    let mut is_over = false;
    arguments.split(move |c: char| {
        in_text ^= c == '"';
        match c {
            _ if in_text || is_over => return false,
            '(' => depth += 1,
            ')' if depth == 0 => {
                is_over = true;
                return true;
            }
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
}

/// Whether the first argument is more than one text or number.
fn is_computed(arguments: &str) -> bool {
    let arguments = arguments.trim_start();
    let rest = if arguments.starts_with('"') {
        text(arguments).1
    } else {
        arguments.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-')
    };
    !rest.trim_start().starts_with([',', ')']) && !rest.is_empty()
}

/// The text that begins here, its quotes doubled within, and what follows it.
fn text(from: &str) -> (String, &str) {
    let mut out = String::new();
    let mut letters = from.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '"' {
            out.push(letter);
        } else if letters.next_if(|(_, next)| *next == '"').is_some() {
            out.push('"');
        } else {
            return (out, from.get(at + 1..).unwrap_or_default());
        }
    }
    (out, "")
}
