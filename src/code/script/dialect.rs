//! The languages of scripts.

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    JavaScript,
    VisualBasic,
    PowerShell,
    Batch,
}

impl Dialect {
    /// The language of a kind of artifact.
    pub(super) fn of(kind: &str, source: &str) -> Option<Self> {
        match kind {
            "js" => Some(Self::JavaScript),
            "vbs" => Some(Self::VisualBasic),
            "ps1" => Some(Self::PowerShell),
            "bat" => Some(Self::Batch),
            "vbe" if !source.contains("#@~^") => Some(Self::guess(source)),
            _ => None,
        }
    }

    /// The language of a text that is one of Windows Script Host's two.
    pub(super) fn guess(source: &str) -> Self {
        let head: String = source.chars().take(64 << 10).flat_map(char::to_lowercase).collect();
        let count =
            |words: &[&str]| words.iter().map(|word| head.matches(word).count().min(20)).sum::<usize>();
        let basic = count(&[
            "dim ",
            "set ",
            "end if",
            "end sub",
            "end function",
            "createobject(",
            " & ",
            "then\r",
            "then\n",
            "msgbox",
            "on error",
        ]);
        let java = count(&["var ", "function(", "{", "};", "==", "new ", "try", ";\n", ";\r"]);
        if basic >= java { Self::VisualBasic } else { Self::JavaScript }
    }

    /// The kind of artifact that has it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::JavaScript => "js",
            Self::VisualBasic => "vbs",
            Self::PowerShell => "ps1",
            Self::Batch => "bat",
        }
    }

    /// Whether names are the same in upper and lower case.
    pub(super) fn folds_case(self) -> bool {
        self != Self::JavaScript
    }
}
