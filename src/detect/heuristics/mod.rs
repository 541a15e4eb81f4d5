//! Rules written in Rust: one file each, one table.

use super::{Finding, Strength, Title};
use crate::artifact::Tree;
use crate::text::printable;

mod archive_contradicts_itself;
mod archive_path_traversal;
mod encrypted_opened_with_built_in_password;
mod encrypted_opened_with_mail_password;
mod executable_attachment;
mod extension_mismatch;
mod locked_archive_names_program;
mod name_double_extension;
mod name_rtlo;
mod padded_document;
mod padded_macro_document;
mod password_elsewhere;
mod pdf_embedded_macro_document;
mod pdf_embedded_program;
mod pdf_javascript_runs_on_open;
mod pdf_javascript_suspicious;
mod pdf_launch;
mod pdf_launch_program;
mod pdf_link_to_download;
mod program_behind_document_name;
mod program_in_archive;
mod script_in_archive;
mod vba_autoexec;
mod vba_autoexec_downloads;
mod vba_autoexec_drops_file;
mod vba_autoexec_fetches_file;
mod vba_autoexec_hidden_text;
mod vba_autoexec_obfuscated;
mod vba_autoexec_runs_command;
mod vba_autoexec_starts_program;
mod vba_downloads;
mod vba_drops_file;
mod vba_obfuscated;
mod vba_shellcode;
mod vba_spreads_itself;
mod vba_starts_process;
mod html_credential_form;
mod html_decodes_itself;
mod html_redirects_away;
mod html_smuggling_archive;
mod html_smuggling_blob;
mod script_downloads_and_runs;
mod script_encoded;
mod script_obfuscated;
mod svg_script_redirect;

/// Called with artifact and evidence for each hit.
pub type Check<'a> = dyn FnMut(usize, String) + 'a;

/// One rule.
pub struct Heuristic {
    /// Kebab-case name.
    pub id: &'static str,
    /// How much a hit says.
    pub strength: Strength,
    /// What a hit means, in one English sentence.
    pub title_en: &'static str,
    /// The same in Japanese.
    pub title_ja: &'static str,
    /// MITRE ATT&CK technique ids.
    pub attack: &'static [&'static str],
    /// Its page, `docs/rules/<id>.md`.
    pub page: &'static str,
    /// The check: calls back with artifact and evidence for each hit.
    pub check: fn(&Tree, &mut Check),
}

/// Every heuristic.
pub const HEURISTICS: &[&Heuristic] = &[
    &archive_contradicts_itself::RULE,
    &archive_path_traversal::RULE,
    &encrypted_opened_with_built_in_password::RULE,
    &encrypted_opened_with_mail_password::RULE,
    &executable_attachment::RULE,
    &extension_mismatch::RULE,
    &locked_archive_names_program::RULE,
    &name_double_extension::RULE,
    &name_rtlo::RULE,
    &padded_document::RULE,
    &padded_macro_document::RULE,
    &password_elsewhere::RULE,
    &pdf_embedded_macro_document::RULE,
    &pdf_embedded_program::RULE,
    &pdf_javascript_runs_on_open::RULE,
    &pdf_javascript_suspicious::RULE,
    &pdf_launch::RULE,
    &pdf_launch_program::RULE,
    &pdf_link_to_download::RULE,
    &program_behind_document_name::RULE,
    &program_in_archive::RULE,
    &script_in_archive::RULE,
    &vba_autoexec::RULE,
    &vba_autoexec_downloads::RULE,
    &vba_autoexec_drops_file::RULE,
    &vba_autoexec_fetches_file::RULE,
    &vba_autoexec_hidden_text::RULE,
    &vba_autoexec_obfuscated::RULE,
    &vba_autoexec_runs_command::RULE,
    &vba_autoexec_starts_program::RULE,
    &vba_downloads::RULE,
    &vba_drops_file::RULE,
    &vba_obfuscated::RULE,
    &vba_shellcode::RULE,
    &vba_spreads_itself::RULE,
    &vba_starts_process::RULE,
    &html_credential_form::RULE,
    &html_decodes_itself::RULE,
    &html_redirects_away::RULE,
    &html_smuggling_archive::RULE,
    &html_smuggling_blob::RULE,
    &script_downloads_and_runs::RULE,
    &script_encoded::RULE,
    &script_obfuscated::RULE,
    &svg_script_redirect::RULE,
];

/// The most hits of one rule that are reported for one message.
const HITS: usize = 20;

/// What all heuristics find in a tree.
pub fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in HEURISTICS {
        let mut hits = 0;
        (rule.check)(tree, &mut |artifact, evidence| {
            hits += 1;
            if hits <= HITS {
                findings.push(rule.finding(artifact, &evidence));
            }
        });
    }
    findings
}

impl Heuristic {
    fn finding(&self, artifact: usize, evidence: &str) -> Finding {
        Finding {
            rule: self.id.into(),
            strength: self.strength,
            artifact,
            title: Title { en: self.title_en.into(), ja: self.title_ja.into() },
            evidence: printable(evidence),
            attack: self.attack.iter().map(ToString::to_string).collect(),
        }
    }
}
