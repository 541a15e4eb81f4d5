//! The text format of Prometheus, version 0.0.4: families of samples, each with a line that says what it is.

use std::fmt::Display;

/// A page of metrics under way.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Begins a family; its samples must follow at once.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// One sample.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (n, (label, word)) in labels.iter().enumerate() {
            let start = if n == 0 { '{' } else { ',' };
            self.text.push_str(&format!("{start}{label}=\"{}\"", escaped(word)));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        self.text.push_str(&format!("{end} {value}\n"));
    }

    /// A family of one sample without labels.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_stand_below_their_family_and_words_are_escaped() {
        let mut page = Page::default();
        page.family("a_total", "counter", "What\nit \\ is.");
        page.sample("a_total", &[("x", "one"), ("y", "a\"b\\c\nd")], 3);
        page.single("b", "gauge", "More.", 0.5);
        let want = "# HELP a_total What\\nit \\\\ is.\n# TYPE a_total counter\n\
            a_total{x=\"one\",y=\"a\\\"b\\\\c\\nd\"} 3\n# HELP b More.\n# TYPE b gauge\nb 0.5\n";
        assert_eq!(page.finish(), want);
    }
}
