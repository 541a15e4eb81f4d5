//! What compiled code tells by number alone: words of the language that are used as names, and functions that are
//! operations. The numbers are those of every version; what only steers is left out.

/// The name of a word of the language by its place in the editor's own table.
pub(super) fn word(place: u16) -> Option<&'static str> {
    WORDS
        .binary_search_by_key(&place, |(known, _)| *known)
        .ok()
        .and_then(|at| WORDS.get(at))
        .map(|(_, word)| *word)
}

/// The function that an operation is, and how many values it takes.
pub(super) fn function(operation: u16) -> Option<(&'static str, usize)> {
    FUNCTIONS.iter().find(|(known, ..)| *known == operation).map(|(_, name, values)| (*name, *values))
}

/// How `Open` was told to open a file, by the bits of its operand.
pub(super) fn mode(operand: u16) -> &'static str {
    MODES.iter().find(|(bit, _)| operand & bit != 0).map_or("Random", |(_, mode)| *mode)
}

/// Words that name functions, members or statements, in the order of their numbers.
#[rustfmt::skip]
const WORDS: &[(u16, &str)] = &[
    (2, "Abs"), (3, "Access"), (8, "Append"), (9, "Array"), (11, "Assert"), (13, "Base"), (15, "Binary"), (22, "CBool"),
    (23, "CByte"), (24, "CCur"), (25, "CDate"), (26, "CDec"), (27, "CDbl"), (29, "ChDir"), (30, "CInt"), (31, "Circle"),
    (32, "CLng"), (33, "Close"), (36, "CSng"), (37, "CStr"), (38, "CurDir"), (39, "CurDir$"), (40, "CVar"), (42, "CVErr"),
    (44, "Database"), (45, "Date"), (46, "Date$"), (47, "Debug"), (63, "Dir"), (64, "Dir$"), (66, "DoEvents"),
    (77, "Error"), (78, "Error$"), (84, "Fix"), (86, "Format"), (87, "Format$"), (88, "FreeFile"), (91, "Get"),
    (100, "Input"), (101, "Input$"), (104, "InStr"), (106, "Int"), (107, "InStrB"), (110, "Left"), (111, "LBound"),
    (112, "LenB"), (113, "Len"), (116, "Line"), (118, "Load"), (124, "Me"), (125, "Mid"), (126, "Mid$"), (127, "MidB"),
    (128, "MidB$"), (130, "Module"), (131, "Name"), (137, "Object"), (139, "Open"), (146, "Print"), (148, "Property"),
    (151, "Put"), (153, "Random"), (155, "Read"), (160, "RGB"), (162, "Scale"), (163, "Seek"), (164, "Select"),
    (166, "Sgn"), (173, "StrComp"), (174, "String"), (175, "String$"), (178, "Text"), (184, "UBound"), (192, "Width"),
    (194, "Write"),
];

const FUNCTIONS: &[(u16, &str, usize)] = &[
    (23, "Abs", 1),
    (24, "Fix", 1),
    (25, "Int", 1),
    (26, "Sgn", 1),
    (27, "Len", 1),
    (28, "LenB", 1),
    (132, "InStr", 2),
    (133, "InStr", 3),
    (134, "InStr", 4),
    (138, "LBound", 1),
    (139, "Mid", 3),
    (140, "MidB", 3),
    (141, "StrComp", 2),
    (142, "StrComp", 3),
    (143, "String", 2),
    (144, "String$", 2),
    (145, "UBound", 1),
];

const MODES: &[(u16, &str)] = &[(1, "Input"), (2, "Output"), (8, "Append"), (32, "Binary")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_the_order_of_their_numbers() {
        assert!(WORDS.is_sorted_by(|one, next| one.0 < next.0));
        assert_eq!((word(131), word(139), word(1)), (Some("Name"), Some("Open"), None));
        assert_eq!((mode(0x02), mode(0x120), mode(4)), ("Output", "Binary", "Random"));
    }
}
