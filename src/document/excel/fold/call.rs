//! The functions that put texts together, on constants.

use crate::document::excel::book::Value;
use crate::text;

/// Characters a cell can hold.
pub(super) const LONGEST: usize = 32_767;

/// The value of a function of constants, where it is one that is known.
pub(super) fn call(name: &str, given: &[Value]) -> Option<Value> {
    let at = |n: usize| given.get(n);
    let words = |n: usize| at(n).map(ToString::to_string);
    let number = |n: usize| at(n).and_then(to_number);
    let count = |n: usize| number(n).and_then(to_count);
    let result = match name.to_ascii_uppercase().as_str() {
        "CHAR" | "_XLFN.UNICHAR" | "UNICHAR" => character(count(0)?)?,
        "CODE" | "UNICODE" => return Some(Value::Number(code(&words(0)?)?)),
        "CONCATENATE" | "CONCAT" | "_XLFN.CONCAT" => given.iter().map(ToString::to_string).collect(),
        "T" => match at(0)? {
            Value::Text(text) => text.to_string(),
            _ => String::new(),
        },
        "MID" | "MIDB" => mid(&words(0)?, count(1)?.checked_sub(1)?, count(2)?),
        "LEFT" | "LEFTB" => mid(&words(0)?, 0, length(at(1))?),
        "RIGHT" | "RIGHTB" => {
            let (text, length) = (words(0)?, length(at(1))?);
            let skip = text.chars().count().saturating_sub(length);
            text.chars().skip(skip).collect()
        }
        "UPPER" => words(0)?.to_uppercase(),
        "LOWER" => words(0)?.to_lowercase(),
        "TRIM" => words(0)?.split_whitespace().collect::<Vec<_>>().join(" "),
        "CLEAN" => words(0)?.chars().filter(|c| !c.is_control()).collect(),
        "REPT" => {
            let (text, times) = (words(0)?, count(1)?);
            (text.len().saturating_mul(times) <= LONGEST).then(|| text.repeat(times))?
        }
        "SUBSTITUTE" => substitute(&words(0)?, &words(1)?, &words(2)?, at(3).and_then(to_number))?,
        "REPLACE" => {
            let (text, from, length) = (words(0)?, count(1)?.checked_sub(1)?, count(2)?);
            let tail: String = text.chars().skip(from.saturating_add(length)).collect();
            mid(&text, 0, from) + &words(3)? + &tail
        }
        "TEXT" if matches!(words(1)?.as_str(), "0" | "@" | "General" | "#") => words(0)?,
        "LEN" => return Some(Value::Number(f64::from(u32::try_from(words(0)?.chars().count()).ok()?))),
        "TRUE" => return Some(Value::Logical(true)),
        "FALSE" => return Some(Value::Logical(false)),
        name => return arithmetic(name, given),
    };
    (result.len() <= LONGEST).then(|| Value::text(&result))
}

/// The value of two constants with an operator between them.
pub(super) fn operate(sign: &str, left: &Value, right: &Value) -> Option<Value> {
    if sign == "&" {
        let joined = format!("{left}{right}");
        return (joined.len() <= LONGEST).then(|| Value::text(&joined));
    }
    let is_text = matches!((left, right), (Value::Text(_), Value::Text(_)));
    if is_text && matches!(sign, "=" | "<>") {
        let is_equal = left.to_string().to_lowercase() == right.to_string().to_lowercase();
        return Some(Value::Logical(is_equal == (sign == "=")));
    }
    let (left, right) = (to_number(left)?, to_number(right)?);
    let number = match sign {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "^" => left.powf(right),
        "=" => return Some(Value::Logical((left - right).abs() < f64::EPSILON)),
        "<>" => return Some(Value::Logical((left - right).abs() >= f64::EPSILON)),
        "<" => return Some(Value::Logical(left < right)),
        ">" => return Some(Value::Logical(left > right)),
        "<=" => return Some(Value::Logical(left <= right)),
        ">=" => return Some(Value::Logical(left >= right)),
        _ => return None,
    };
    number.is_finite().then_some(Value::Number(number))
}

fn arithmetic(name: &str, given: &[Value]) -> Option<Value> {
    let number = |n: usize| given.get(n).and_then(to_number);
    let result = match name {
        "VALUE" | "N" | "INT" | "TRUNC" if name != "INT" && given.len() == 1 => match name {
            "TRUNC" => number(0)?.trunc(),
            _ => number(0)?,
        },
        "INT" => number(0)?.floor(),
        "ABS" => number(0)?.abs(),
        "ROUND" => {
            let scale = 10f64.powf(number(1)?);
            (number(0)? * scale).round() / scale
        }
        "MOD" => {
            let (value, by) = (number(0)?, number(1)?);
            value - by * (value / by).floor()
        }
        "QUOTIENT" => (number(0)? / number(1)?).trunc(),
        "POWER" => number(0)?.powf(number(1)?),
        "SQRT" => number(0)?.sqrt(),
        "SUM" => given.iter().map(to_number).sum::<Option<f64>>()?,
        "PRODUCT" => given.iter().map(to_number).product::<Option<f64>>()?,
        "MAX" | "MIN" => {
            let mut numbers = given.iter().map(to_number);
            let first = numbers.next()??;
            let pick = if name == "MAX" { f64::max } else { f64::min };
            numbers.try_fold(first, |best, next| Some(pick(best, next?)))?
        }
        "_XLFN.BITXOR" | "BITXOR" => f64::from(to_bits(number(0)?)? ^ to_bits(number(1)?)?),
        "HEX2DEC" => f64::from(u32::from_str_radix(&given.first()?.to_string(), 16).ok()?),
        _ => return None,
    };
    result.is_finite().then_some(Value::Number(result))
}

/// The number of a value, as operators take it.
pub(super) fn to_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Logical(value) => Some(f64::from(u8::from(*value))),
        Value::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Error(_) => None,
    }
}

/// A count of characters, or a code.
fn to_count(number: f64) -> Option<usize> {
    to_bits(number).and_then(|bits| usize::try_from(bits).ok())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn to_bits(number: f64) -> Option<u32> {
    (0.0..f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// The character of a code: of Windows up to 255, else of Unicode.
fn character(code: usize) -> Option<String> {
    match u8::try_from(code) {
        Ok(0) => None,
        Ok(byte) => Some(text::code_page(1252, &[byte])),
        Err(_) => char::from_u32(u32::try_from(code).ok()?).map(String::from),
    }
}

/// How many characters an argument that may be left out says.
fn length(given: Option<&Value>) -> Option<usize> {
    given.map_or(Some(1), |value| to_number(value).and_then(to_count))
}

fn code(text: &str) -> Option<f64> {
    text.chars().next().map(|c| f64::from(u32::from(c)))
}

fn mid(text: &str, from: usize, length: usize) -> String {
    text.chars().skip(from).take(length).collect()
}

fn substitute(text: &str, old: &str, new: &str, which: Option<f64>) -> Option<String> {
    if old.is_empty() {
        return Some(text.to_string());
    }
    let Some(which) = which else {
        let grown = text.matches(old).count().saturating_mul(new.len());
        return (grown <= LONGEST).then(|| text.replace(old, new));
    };
    let nth = to_count(which)?.checked_sub(1)?;
    let Some((at, _)) = text.match_indices(old).nth(nth) else { return Some(text.to_string()) };
    let (before, after) = (text.get(..at)?, text.get(at + old.len()..)?);
    Some(format!("{before}{new}{after}"))
}
