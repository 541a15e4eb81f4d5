//! What a loop does to each character.

use crate::cipher::Rc4;

/// One way of decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    /// Exclusive or with a constant.
    Xor(u32),
    /// Nothing: the codes are written otherwise, and that is all.
    Plain,
    /// A constant is added, or taken off.
    Add(i64),
    /// The same, counted around within a byte.
    Around(i64),
    /// A constant is added and the sum divided by another one.
    Divide { add: i64, by: i64 },
    /// Exclusive or with the characters of a text, over and over.
    Key(Vec<u32>),
    /// The characters of a text are taken off, over and over.
    Less(Vec<u32>),
    /// The place of each is added, times a number.
    Place(i64),
    /// RC4, as its key begins it.
    Rc4(Box<Rc4>),
    /// Every so many characters one, from a place on.
    Every { step: usize, start: usize },
    /// Each two characters exchanged.
    Swap,
    /// The odd ones turned around behind the even ones.
    Fold,
    /// In turn from the beginning and from the end.
    Weave,
    /// From the middle on, in turn to the left and to the right: from its first or its second on.
    Outward { starts_right: bool },
    /// In turn from the first half and from the second.
    Halves,
    /// From the end to the beginning.
    Turn,
}

impl Recipe {
    /// What comes of the codes, one after the other.
    pub(super) fn apply<'a>(&'a self, codes: &'a [u32]) -> Box<dyn Iterator<Item = u32> + 'a> {
        match self {
            Self::Xor(key) => Box::new(codes.iter().map(move |code| code ^ key)),
            Self::Plain => Box::new(codes.iter().copied()),
            Self::Around(number) => Box::new(codes.iter().map(move |code| around(*code, *number))),
            Self::Divide { add, by } => Box::new(codes.iter().map(move |code| divided(*code, *add, *by))),
            Self::Add(number) => Box::new(codes.iter().map(move |code| moved(*code, *number))),
            Self::Key(key) => Box::new(codes.iter().zip(key.iter().cycle()).map(|(code, key)| code ^ key)),
            Self::Less(key) => Box::new(
                codes.iter().zip(key.iter().cycle()).map(|(code, key)| moved(*code, -i64::from(*key))),
            ),
            Self::Place(times) => {
                Box::new(codes.iter().zip(0i64..).map(move |(code, at)| moved(*code, at * times)))
            }
            Self::Rc4(begun) => {
                let mut cipher = Rc4::clone(begun);
                Box::new(codes.iter().map(move |code| code ^ u32::from(cipher.step())))
            }
            Self::Every { step, start } => {
                Box::new(codes.get(*start..).unwrap_or_default().iter().step_by((*step).max(1)).copied())
            }
            Self::Swap => Box::new(codes.chunks(2).flat_map(|pair| pair.iter().rev().copied())),
            Self::Fold => {
                let odd = codes.iter().skip(1).step_by(2).rev();
                Box::new(codes.iter().step_by(2).chain(odd).copied())
            }
            Self::Weave => {
                let (first, second) = codes.split_at_checked(codes.len().div_ceil(2)).unwrap_or((codes, &[]));
                Box::new(in_turn(first.iter(), second.iter().rev()))
            }
            Self::Outward { starts_right } => {
                let first = usize::from(*starts_right);
                let left = codes.iter().skip(first).step_by(2).rev();
                Box::new(left.chain(codes.iter().skip(1 - first).step_by(2)).copied())
            }
            Self::Halves => {
                let (first, second) = codes.split_at_checked(codes.len().div_ceil(2)).unwrap_or((codes, &[]));
                Box::new(in_turn(first.iter(), second.iter()))
            }
            Self::Turn => Box::new(codes.iter().rev().copied()),
        }
    }
}

/// A code moved by a number; what falls out of all characters is none that is printed.
fn moved(code: u32, number: i64) -> u32 {
    u32::try_from(i64::from(code).saturating_add(number)).unwrap_or_default()
}

/// A code moved by a number within a byte.
fn around(code: u32, number: i64) -> u32 {
    u32::try_from(i64::from(code).wrapping_add(number).rem_euclid(256)).unwrap_or_default()
}

/// A sum divided; zero where that leaves a rest.
fn divided(code: u32, add: i64, by: i64) -> u32 {
    let sum = i64::from(code).saturating_add(add);
    let exact = sum.checked_rem(by) == Some(0);
    sum.checked_div(by).filter(|_| exact).and_then(|code| u32::try_from(code).ok()).unwrap_or_default()
}

fn in_turn<'a>(
    first: impl Iterator<Item = &'a u32>,
    second: impl Iterator<Item = &'a u32>,
) -> impl Iterator<Item = u32> {
    let mut second = second.fuse();
    first.flat_map(move |code| [Some(code), second.next()]).flatten().copied()
}
