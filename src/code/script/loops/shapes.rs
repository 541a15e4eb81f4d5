//! Tokens → what the loops of a script may do to each character: the constants and texts beside an exclusive or, a sum
//! or difference of a character code, the steps of counters.

use super::Recipe;
use crate::cipher::Rc4;
use crate::code::script::dialect::Dialect;
use crate::code::script::fold::Folding;
use crate::code::script::lexer::Token;
use std::collections::BTreeSet;

/// Constants and keys of each use that are tried.
const MOST: usize = 48;
const MOST_DIVISORS: usize = 6;
const MOST_LISTS: usize = 24;

/// The longest key that is a text, the widest step, and the greatest constant.
const LONGEST_KEY: usize = 64;
const WIDEST: i64 = 16;
const GREATEST: i64 = 70_000;

/// What the loops of a script may do.
#[derive(Default)]
pub(super) struct Shapes {
    pub(super) recipes: Vec<Recipe>,
    /// Whether it inflates something.
    pub(super) inflates: bool,
    /// Whether it reads the file it stands in.
    pub(super) reads_itself: bool,
}

/// Words by which a script takes a text apart, and by which it makes characters.
const TAKES_APART: &[&str] = &[
    "charat",
    "charcodeat",
    "codepointat",
    "substr",
    "substring",
    "slice",
    "mid",
    "midb",
    "asc",
    "ascw",
    "parseint",
    "split",
    "match",
    "clng",
    "cint",
    "frombase64string",
    "getbytes",
    "tochararray",
    "atob",
];
const MAKES: &[&str] =
    &["fromcharcode", "fromcodepoint", "chr", "chrw", "char", "uint8array", "byte", "getstring"];

/// What was seen on the way.
#[derive(Default)]
struct Seen {
    xor: BTreeSet<u32>,
    added: BTreeSet<i64>,
    steps: BTreeSet<i64>,
    divisors: BTreeSet<i64>,
    /// Numbers and texts that may be what a name beside an operator stands for.
    free: BTreeSet<i64>,
    keys: BTreeSet<String>,
    /// Lists of numbers that may be a key.
    lists: BTreeSet<Vec<u32>>,
    xors_name: bool,
    adds_name: bool,
    apart: bool,
    makes: bool,
    turns: bool,
    /// Whether single characters are put behind each other.
    rebuilds: bool,
    /// Whether something is counted around within a byte.
    wraps: bool,
}

impl Shapes {
    /// Reads them off the tokens.
    pub(super) fn of(tokens: &[(usize, Token)], dialect: Dialect, folding: &Folding) -> Self {
        let mut seen = Seen::default();
        let mut shapes = Self::default();
        for (at, (_, token)) in tokens.iter().enumerate() {
            match token {
                Token::Word(word) => {
                    let word = word.to_ascii_lowercase();
                    seen.word(&word, tokens, at);
                    shapes.inflates |= matches!(
                        word.as_str(),
                        "gzipstream"
                            | "deflatestream"
                            | "inflate"
                            | "decompress"
                            | "ungzip"
                            | "decompressionstream"
                    );
                    shapes.reads_itself |=
                        matches!(word.as_str(), "scriptfullname" | "myinvocation" | "pscommandpath");
                }
                Token::Mark(mark) => {
                    seen.mark(*mark, tokens, at, dialect);
                    if matches!(mark, '[' | '(') {
                        seen.list(tokens.get(at + 1..).unwrap_or_default());
                    }
                }
                Token::Number(number) => seen.number(*number, tokens, at),
                Token::Text(text) => {
                    if (1..=LONGEST_KEY).contains(&text.len()) && seen.keys.len() < MOST {
                        seen.keys.insert(text.to_string());
                    }
                }
                Token::Pattern(_) => {}
            }
        }
        let named =
            folding.names.values().filter(|value| value.pieces > 1 && value.text.len() <= LONGEST_KEY);
        seen.keys.extend(named.take(MOST).map(|value| value.text.clone()));
        shapes.recipes = seen.recipes();
        shapes
    }
}

impl Seen {
    fn word(&mut self, word: &str, tokens: &[(usize, Token)], at: usize) {
        self.apart |= TAKES_APART.contains(&word);
        self.makes |= MAKES.contains(&word);
        self.rebuilds |= matches!(word, "charat" | "substr" | "substring" | "mid");
        self.turns |= matches!(word, "reverse" | "strreverse");
        if word == "xor" || word == "bxor" {
            self.xors(tokens, at);
        } else if word == "step" {
            match (token(tokens, at + 1), token(tokens, at + 2)) {
                (Some(Token::Number(step)), _) => self.step(*step),
                (Some(Token::Mark('-')), Some(Token::Number(1))) => self.turns = true,
                _ => {}
            }
        }
    }

    /// A list of numbers that opens here, where it is no longer than keys are.
    fn list(&mut self, tokens: &[(usize, Token)]) {
        let mut key = Vec::new();
        for pair in tokens.chunks(2).take(LONGEST_KEY) {
            let [(_, Token::Number(number)), (_, mark)] = pair else { return };
            key.extend(u32::try_from(*number).ok());
            if mark.is_mark(']') || mark.is_mark(')') {
                if key.len() > 1 && self.lists.len() < MOST_LISTS {
                    self.lists.insert(key);
                }
                return;
            }
            if !mark.is_mark(',') {
                return;
            }
        }
    }

    /// `r += s[q]`, which takes a text apart too.
    fn indexes(&mut self, tokens: &[(usize, Token)], at: usize) {
        let adds = matches!(
            (token(tokens, at), token(tokens, at + 1), token(tokens, at + 2), token(tokens, at + 3)),
            (Some(Token::Mark('+')), Some(Token::Mark('=')), Some(Token::Word(_)), Some(Token::Mark('[')))
        );
        self.rebuilds |= adds;
    }

    fn mark(&mut self, mark: char, tokens: &[(usize, Token)], at: usize, dialect: Dialect) {
        match mark {
            '^' if dialect != Dialect::VisualBasic => self.xors(tokens, at),
            '+' | '-' => {
                self.indexes(tokens, at);
                self.adds(mark, tokens, at);
            }
            '/' => {
                if let Some(Token::Number(number)) = token(tokens, at + 1)
                    && (2..=GREATEST).contains(number)
                    && self.divisors.len() < MOST_DIVISORS
                {
                    self.divisors.insert(*number);
                }
            }
            '[' if dialect == Dialect::JavaScript => self.apart = true,
            _ => {}
        }
    }

    /// An exclusive or, and what stands beside it: `=` may stand between.
    fn xors(&mut self, tokens: &[(usize, Token)], at: usize) {
        let right = at + 1 + usize::from(token(tokens, at + 1).is_some_and(|token| token.is_mark('=')));
        let left = at.checked_sub(1).and_then(|at| token(tokens, at));
        let left = if left.is_some_and(|token| token.is_mark('-')) {
            at.checked_sub(2).and_then(|at| token(tokens, at))
        } else {
            left
        };
        let mut is_known = false;
        for side in [left, token(tokens, right)] {
            if let Some(Token::Number(number)) = side
                && let Ok(number) = u32::try_from(*number)
                && (1..=0xffff).contains(&number)
                && self.xor.len() < MOST
            {
                self.xor.insert(number);
                is_known = true;
            }
        }
        self.xors_name |= !is_known;
    }

    /// A sum or difference whose right side is a constant, or a name at the end of an argument.
    fn adds(&mut self, mark: char, tokens: &[(usize, Token)], at: usize) {
        let is_own = token(tokens, at + 1).is_some_and(|token| token.is_mark('='));
        let right = at + 1 + usize::from(is_own);
        let ends = token(tokens, right + 1).is_none_or(|token| {
            matches!(token, Token::Mark(')' | ']' | ';' | ',' | '\n' | '}' | '&' | '%' | '+' | '-'))
        });
        let before = at.checked_sub(1).and_then(|at| token(tokens, at));
        let holds = matches!(before, Some(Token::Word(_) | Token::Mark(')' | ']')));
        match token(tokens, right) {
            Some(Token::Number(number)) if holds && (1..=GREATEST).contains(number) => {
                let counts = mark == '+' && matches!(before, Some(Token::Word(_)));
                if counts {
                    self.step(*number);
                }
                if ends && self.added.len() < MOST {
                    self.added.insert(if mark == '-' { -number } else { *number });
                }
            }
            Some(Token::Word(_)) if holds && ends && mark == '-' => self.adds_name = true,
            _ => {}
        }
    }

    fn step(&mut self, step: i64) {
        if (2..=WIDEST).contains(&step) {
            self.steps.insert(step);
        }
    }

    /// Numbers that stand alone: what a name is set to, or an argument.
    fn number(&mut self, number: i64, tokens: &[(usize, Token)], at: usize) {
        self.wraps |= number == 256 || number == 255;
        let before = at.checked_sub(1).and_then(|at| token(tokens, at));
        let after = token(tokens, at + 1);
        let begins = matches!(before, Some(Token::Mark('=' | '(' | ',')) | Some(Token::Word(_)));
        let ends = matches!(after, None | Some(Token::Mark(')' | ',' | ';' | '\n' | '}')));
        let in_list = matches!(before, Some(Token::Mark(','))) && matches!(after, Some(Token::Mark(',')));
        if begins && ends && !in_list && (1..=GREATEST).contains(&number) && self.free.len() < MOST {
            self.free.insert(number);
        }
    }

    /// The recipes, the likely ones first.
    fn recipes(&self) -> Vec<Recipe> {
        let mut out = Vec::new();
        if !self.apart && !self.makes {
            return out;
        }
        let free: Vec<u32> = self.free.iter().filter_map(|number| u32::try_from(*number).ok()).collect();
        out.extend(self.xor.iter().map(|key| Recipe::Xor(*key)));
        if self.xors_name {
            out.extend(free.iter().filter(|key| **key <= 0xffff).map(|key| Recipe::Xor(*key)));
            let codes = |key: &String| key.chars().map(u32::from).collect::<Vec<_>>();
            out.extend(self.keys.iter().map(|key| Recipe::Key(codes(key))));
            out.extend(self.lists.iter().map(|key| Recipe::Key(key.clone())));
            if self.wraps {
                out.extend(self.keys.iter().map(|key| Recipe::Rc4(Box::new(Rc4::new(key.as_bytes())))));
            }
        }
        if self.makes {
            out.push(Recipe::Plain);
            out.extend(self.added.iter().map(|number| Recipe::Add(*number)));
            if self.wraps {
                out.extend(self.added.iter().map(|number| Recipe::Around(*number)));
            }
            let sums = || self.added.iter().copied().chain([0]);
            let divides = |by: &i64| sums().map(|add| Recipe::Divide { add, by: *by }).collect::<Vec<_>>();
            out.extend(self.divisors.iter().flat_map(divides));
            if self.adds_name {
                out.extend([Recipe::Place(-1), Recipe::Place(1)]);
                out.extend(self.free.iter().map(|number| Recipe::Add(-number)));
                out.extend(self.keys.iter().map(|key| Recipe::Less(key.chars().map(u32::from).collect())));
            }
        }
        for step in self.steps.iter().filter_map(|step| usize::try_from(*step).ok()) {
            out.extend((0..step).map(|start| Recipe::Every { step, start }));
        }
        if self.steps.contains(&2) || self.makes || self.rebuilds {
            out.extend([Recipe::Swap, Recipe::Fold, Recipe::Weave, Recipe::Halves]);
            out.extend([false, true].map(|starts_right| Recipe::Outward { starts_right }));
        }
        if self.turns {
            out.push(Recipe::Turn);
        }
        out
    }
}

fn token<'a, 'b>(tokens: &'b [(usize, Token<'a>)], at: usize) -> Option<&'b Token<'a>> {
    tokens.get(at).map(|(_, token)| token)
}
