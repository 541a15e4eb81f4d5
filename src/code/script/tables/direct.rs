//! Look-ups of a table without a function between: `names[3]`. The list is not turned then.

use super::{Table, Token};
use crate::limits::{Budget, Stop};
use std::collections::BTreeMap;

/// The look-ups by place: how many tokens each has, and its text.
pub(super) fn lookups(
    tokens: &[(usize, Token)],
    tables: &[Table],
    budget: &mut Budget,
) -> Result<BTreeMap<usize, (usize, String)>, Stop> {
    let mut found = BTreeMap::new();
    for (at, near) in tokens.windows(5).enumerate() {
        let [(_, Token::Word(word)), (_, open), (_, Token::Number(number)), (_, close), (_, next)] = near
        else {
            continue;
        };
        let is_lookup = open.is_mark('[') && close.is_mark(']') && !next.is_mark('=');
        let table = tables.iter().find(|table| is_lookup && table.name == **word);
        let place = usize::try_from(*number).ok();
        if let Some(text) = table.and_then(|table| table.texts.get(place?)) {
            budget.pay(text.len() as u64)?;
            found.insert(at, (4, text.clone()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    #[test]
    fn places_that_are_read_become_texts() {
        let list = "var t=['a','location','https://a.example'];";
        let read_of = |rest: &str| read(&format!("{list}{rest}"));
        assert!(read_of("window[t[1]]=t[2];").ends_with(" location https://a.example"));
        assert!(read_of("x=t[7]+u[1];t[1]='b';").ends_with("a.example b"));
    }
}
