//! Program text that is written as no person writes it: in marks alone, in characters that are not seen, with values
//! that are thrown away where they stand.

use super::{Script, Signs};
use crate::artifact::Sign;
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;

/// Tokens of the shortest text that is nothing but marks, and characters not seen that are more than an accident.
const MARKS: usize = 300;
const UNSEEN: usize = 64;

/// Values thrown away that no program has.
const WASTED: usize = 6;

impl Script<'_> {
    /// Notes how a script is written where nobody would write so.
    pub(super) fn odd(&self, signs: &mut Signs) {
        if self.dialect == Dialect::JavaScript && self.is_of_marks() {
            signs.add(Sign::ChoppedText, "written in marks", 0);
            signs.add(Sign::Decoding, "written in marks", 0);
        }
        let unseen = unseen(self.source);
        if unseen >= UNSEEN {
            signs.add(Sign::ChoppedText, &format!("{unseen} characters that are not seen"), 0);
            signs.add(Sign::EncodedText, &format!("{unseen} characters that are not seen"), 0);
        }
        let wasted = if self.dialect == Dialect::JavaScript { self.wasted() } else { 0 };
        if wasted >= WASTED {
            signs.add(Sign::ChoppedText, &format!("{wasted} values thrown away"), 0);
            signs.add(Sign::ComputedObject, &format!("{wasted} values thrown away"), 0);
        }
    }

    /// Whether a program has next to no words, numbers and texts (`[][(![]+[])[+[]]]`, `$.$_+$.__`).
    fn is_of_marks(&self) -> bool {
        let said = self.tokens.iter().filter(|(_, token)| match token {
            Token::Word(word) => word.contains(|c: char| c.is_alphanumeric()),
            Token::Number(_) | Token::Text(_) | Token::Pattern(_) => true,
            Token::Mark(_) => false,
        });
        self.tokens.len() >= MARKS && said.count() * 20 < self.tokens.len()
    }

    /// Lists of values of which one is taken by a written number, and values before a comma: `['x', 'y'][1]`,
    /// `('x', 'y')`. What shortens programs takes both away.
    fn wasted(&self) -> usize {
        (0..self.tokens.len()).filter(|at| self.picks(*at) || self.drops(*at)).take(WASTED).count()
    }

    /// A list of values, up to its end, with a number in brackets behind it.
    fn picks(&self, at: usize) -> bool {
        let token = |at: usize| self.tokens.get(at).map(|(_, token)| token);
        let closes = token(at).is_some_and(|token| token.is_mark(']'))
            && token(at + 1).is_some_and(|token| token.is_mark('['))
            && matches!(token(at + 2), Some(Token::Number(_)))
            && token(at + 3).is_some_and(|token| token.is_mark(']'));
        if !closes {
            return false;
        }
        let mut texts = 0;
        let mut depth = 0usize;
        for back in 1..64 {
            match at.checked_sub(back).and_then(token) {
                Some(Token::Mark(']')) => depth += 1,
                Some(Token::Mark('[')) if depth > 0 => depth -= 1,
                Some(Token::Mark('[')) => {
                    let before = at.checked_sub(back + 1).and_then(token);
                    let is_list = before.is_none_or(|before| {
                        matches!(before, Token::Mark(mark) if *mark != ']' && *mark != ')')
                            || before.is("return")
                    });
                    return is_list && texts >= 2;
                }
                Some(Token::Text(_)) => texts += 1,
                Some(Token::Mark(',' | '(' | ')' | '-') | Token::Number(_) | Token::Word(_)) => {}
                _ => return false,
            }
        }
        false
    }

    /// Texts with commas between, in brackets that no call opens.
    fn drops(&self, at: usize) -> bool {
        let token = |at: usize| self.tokens.get(at).map(|(_, token)| token);
        let before = at.checked_sub(1).and_then(token);
        let opens = token(at).is_some_and(|token| token.is_mark('('))
            && before.is_some_and(|before| matches!(before, Token::Mark('+' | '=' | '(' | '[' | ',')));
        opens
            && matches!(token(at + 1), Some(Token::Text(_)))
            && token(at + 2).is_some_and(|token| token.is_mark(','))
            && matches!(token(at + 3), Some(Token::Text(_)))
    }
}

/// Characters that are not seen and stand together. Single ones join letters in some scripts, and signs of emotion.
fn unseen(source: &str) -> usize {
    let runs = source.split(|c: char| !is_unseen(c)).map(|run| run.chars().count());
    runs.filter(|length| *length >= 8).sum()
}

/// Whether a character leaves nothing on the screen, or a blank, and is no blank of any script.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{ffa0}' | '\u{115f}' | '\u{1160}'
        | '\u{180e}' | '\u{2800}' | '\u{fe00}'..='\u{fe0e}' | '\u{e0000}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use crate::artifact::Sign;
    use crate::code::script::tests::signs;

    #[test]
    fn texts_of_marks_and_of_unseen_characters_are_told() {
        let marks = format!("[][(![]+[])[+[]]]({})()", ["(![]+[])[+!+[]]"; 60].join("+"));
        assert!(signs("a.js", &marks).contains(&Sign::Decoding));
        let unseen = format!("const h = '{}'; eval(f(h));", "\u{200b}\u{200c}".repeat(40));
        assert!(signs("a.js", &unseen).contains(&Sign::EncodedText));
        let plain = format!("var a = [{}]; f(a[0]);", "[1, 2, 'x'], ".repeat(200));
        assert!(!signs("a.js", &plain).contains(&Sign::Decoding));
        let family = "// \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\nvar a = 1;".repeat(8);
        assert!(!signs("a.js", &family).contains(&Sign::EncodedText));
    }

    #[test]
    fn values_thrown_away_are_told_and_calls_are_not() {
        let picked = "new ActiveXObject([\"un\", true, \"Sc\"][2] + [\"ri\", \"x\", 4][0]);".repeat(4);
        assert!(signs("a.js", &picked).contains(&Sign::ChoppedText));
        let dropped = "x = ('a1', 'b2', 'W'.g()) + 's' + ('c', 'S'.g());".repeat(4);
        assert!(signs("a.js", &dropped).contains(&Sign::ChoppedText));
        for plain in ["f('a', 'b') + g(['x', 'y'], 1); t['a']['b'][0];", "return ['January', 'May'][month];"]
        {
            assert!(!signs("a.js", &plain.repeat(20)).contains(&Sign::ChoppedText), "{plain}");
        }
    }
}
