//! Rules written in Rust: one file each, one table.

use super::{Finding, Strength, Title};
use crate::artifact::{Artifact, Fact, Tree};
use crate::text::printable;

mod archive_contradicts_itself;
mod archive_path_traversal;
mod console_file_runs_script;
mod control_exploit;
mod command_in_hidden_place;
mod encrypted_opened_with_built_in_password;
mod encrypted_opened_with_mail_password;
mod equation_exploit;
mod executable_attachment;
mod extension_mismatch;
mod iqy_web_query;
mod lnk_appended_script;
mod lnk_hides_arguments;
mod lnk_runs_interpreter;
mod lnk_starts_command;
mod lnk_starts_neighbour;
mod locked_archive_names_program;
mod lure_enable_content;
mod lure_macro_document;
mod macro_document_without_text;
mod name_double_extension;
mod name_rtlo;
mod object_link_remote;
mod onenote_embeds_program;
mod onenote_lure;
mod padded_document;
mod padded_macro_document;
mod password_elsewhere;
mod pdf_embedded_macro_document;
mod pdf_embedded_program;
mod pdf_javascript_runs_on_open;
mod pdf_javascript_suspicious;
mod pdf_launch;
mod pdf_launch_program;
mod pdf_form_sends_password;
mod pdf_link_to_download;
mod pdf_lure_link;
mod pdf_opens_address;
mod settings_file_starts_program;
mod program_behind_document_name;
mod program_in_archive;
mod rtf_attack_object;
mod rtf_dde_field;
mod rtf_equation_object;
mod rtf_obfuscated_object;
mod rtf_objupdate;
mod rtf_package_program;
mod rtf_parser_exploit;
mod rtf_remote_template;
mod rtf_unusual_header;
mod script_in_archive;
mod table_starts_program;
mod protocol_handler_abuse;
mod remote_desktop_file;
mod shortcut_fetches_icon;
mod shortcut_leads_to_remote_folder;
mod shortcut_opens_remote_program;
mod unusual_shortcut_attachment;
mod url_shortcut_to_download;
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
mod vba_autoexec_destroys_files;
mod vba_autoexec_opens_object;
mod vba_autoexec_sends_data;
mod vba_autoexec_writes_macro;
mod vba_mails_itself;
mod vba_starts_process;
mod xlm_asks_machine;
mod xlm_autoexec;
mod xlm_autoexec_runs_command;
mod xlm_calls_windows;
mod xlm_hidden_autoexec;
mod xlm_hidden_decoder;
mod xlm_obfuscated;
mod xlm_spreads_itself;
mod xlm_starts_program;
mod odf_event_runs_script;
mod vba_source_missing;
mod vba_stomped;
mod embedded_object_program;
mod document_link_runs_program;
mod dde_field;
mod dde_command;
mod remote_object_runs;
mod remote_object;
mod remote_template;
mod html_credential_form;
mod html_copies_command;
mod html_decodes_itself;
mod html_redirects_away;
mod html_smuggling_archive;
mod html_smuggling_blob;
mod script_downloads_and_runs;
mod script_encoded;
mod script_obfuscated;
mod script_starts_what_it_fetches;
mod svg_script_redirect;
mod link_abuses_protocol;
mod csv_formula_sends_cells;
mod formula_asks_server;
mod formula_sends_cells;
mod excel_addin;
mod executable_package;
mod msix_runs_script;
mod vsto_customization;
mod script_decrypts_itself;
mod script_keyed_to_place;
mod document_link_to_download;
mod docx_parser_exploit;

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
    &console_file_runs_script::RULE,
    &command_in_hidden_place::RULE,
    &encrypted_opened_with_built_in_password::RULE,
    &encrypted_opened_with_mail_password::RULE,
    &equation_exploit::RULE,
    &executable_attachment::RULE,
    &extension_mismatch::RULE,
    &iqy_web_query::RULE,
    &lnk_appended_script::RULE,
    &lnk_hides_arguments::RULE,
    &lnk_runs_interpreter::RULE,
    &lnk_starts_command::RULE,
    &lnk_starts_neighbour::RULE,
    &locked_archive_names_program::RULE,
    &lure_enable_content::RULE,
    &lure_macro_document::RULE,
    &macro_document_without_text::RULE,
    &name_double_extension::RULE,
    &name_rtlo::RULE,
    &object_link_remote::RULE,
    &onenote_embeds_program::RULE,
    &onenote_lure::RULE,
    &padded_document::RULE,
    &padded_macro_document::RULE,
    &password_elsewhere::RULE,
    &pdf_embedded_macro_document::RULE,
    &pdf_embedded_program::RULE,
    &pdf_javascript_runs_on_open::RULE,
    &pdf_javascript_suspicious::RULE,
    &pdf_launch::RULE,
    &pdf_launch_program::RULE,
    &pdf_form_sends_password::RULE,
    &pdf_link_to_download::RULE,
    &pdf_lure_link::RULE,
    &pdf_opens_address::RULE,
    &settings_file_starts_program::RULE,
    &program_behind_document_name::RULE,
    &program_in_archive::RULE,
    &rtf_attack_object::RULE,
    &rtf_dde_field::RULE,
    &rtf_equation_object::RULE,
    &rtf_obfuscated_object::RULE,
    &rtf_objupdate::RULE,
    &rtf_package_program::RULE,
    &rtf_parser_exploit::RULE,
    &rtf_remote_template::RULE,
    &rtf_unusual_header::RULE,
    &script_in_archive::RULE,
    &table_starts_program::RULE,
    &protocol_handler_abuse::RULE,
    &remote_desktop_file::RULE,
    &shortcut_fetches_icon::RULE,
    &shortcut_leads_to_remote_folder::RULE,
    &shortcut_opens_remote_program::RULE,
    &unusual_shortcut_attachment::RULE,
    &url_shortcut_to_download::RULE,
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
    &vba_autoexec_destroys_files::RULE,
    &vba_autoexec_opens_object::RULE,
    &vba_autoexec_sends_data::RULE,
    &vba_autoexec_writes_macro::RULE,
    &vba_mails_itself::RULE,
    &vba_starts_process::RULE,
    &xlm_asks_machine::RULE,
    &xlm_autoexec::RULE,
    &xlm_autoexec_runs_command::RULE,
    &xlm_calls_windows::RULE,
    &xlm_hidden_autoexec::RULE,
    &xlm_hidden_decoder::RULE,
    &xlm_obfuscated::RULE,
    &xlm_spreads_itself::RULE,
    &xlm_starts_program::RULE,
    &odf_event_runs_script::RULE,
    &vba_source_missing::RULE,
    &vba_stomped::RULE,
    &embedded_object_program::RULE,
    &document_link_runs_program::RULE,
    &dde_field::RULE,
    &dde_command::RULE,
    &remote_object_runs::RULE,
    &remote_object::RULE,
    &remote_template::RULE,
    &html_credential_form::RULE,
    &html_copies_command::RULE,
    &html_decodes_itself::RULE,
    &html_redirects_away::RULE,
    &html_smuggling_archive::RULE,
    &html_smuggling_blob::RULE,
    &script_downloads_and_runs::RULE,
    &script_encoded::RULE,
    &script_obfuscated::RULE,
    &script_starts_what_it_fetches::RULE,
    &svg_script_redirect::RULE,
    &link_abuses_protocol::RULE,
    &csv_formula_sends_cells::RULE,
    &formula_sends_cells::RULE,
    &formula_asks_server::RULE,
    &excel_addin::RULE,
    &executable_package::RULE,
    &msix_runs_script::RULE,
    &vsto_customization::RULE,
    &script_decrypts_itself::RULE,
    &script_keyed_to_place::RULE,
    &document_link_to_download::RULE,
    &docx_parser_exploit::RULE,
    &control_exploit::RULE,
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

/// Every trick of one name: artifact, detail.
fn tricks<'a>(tree: &'a Tree, wanted: &str) -> impl Iterator<Item = (&'a Artifact, &'a str)> {
    tree.iter().flat_map(move |artifact| {
        artifact.facts.iter().filter_map(move |fact| match fact {
            Fact::Trick { what, detail } if *what == wanted => Some((artifact, detail.as_str())),
            _ => None,
        })
    })
}

/// Hits once for each trick of one name, whose detail is the evidence.
fn each_trick(tree: &Tree, wanted: &str, hit: &mut Check) {
    for (artifact, detail) in tricks(tree, wanted) {
        hit(artifact.id, detail.to_string());
    }
}

/// What an artifact says of itself under one name.
fn said<'a>(artifact: &'a Artifact, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    artifact.facts.iter().filter_map(move |fact| match fact {
        Fact::Header { name, value } if *name == wanted => Some(value.as_str()),
        _ => None,
    })
}

/// Everything that leads out of a document: artifact, relation, target.
fn externals(tree: &Tree) -> impl Iterator<Item = (&Artifact, &str, &str)> {
    tree.iter().flat_map(|artifact| {
        artifact.facts.iter().filter_map(move |fact| match fact {
            Fact::External { relation, target } => Some((artifact, relation.as_str(), target.as_str())),
            _ => None,
        })
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn each_trick_hits_its_own_rule_only() {
        let trick = |what| Fact::Trick { what, detail: "Module1".into() };
        for (rule, own, other) in [
            (&vba_stomped::RULE, "vba-stomped", "vba-source-missing"),
            (&vba_source_missing::RULE, "vba-source-missing", "vba-stomped"),
        ] {
            for (facts, count) in
                [(vec![trick(own)], 1), (vec![trick(other), trick("vba-unlisted-module")], 0)]
            {
                let child = Child { facts, ..Child::new("vbaProject.bin", "part", vec![0]) };
                let mut found = 0;
                (rule.check)(&Tree::new(child), &mut |_, _| found += 1);
                assert_eq!((rule.id, found), (own, count));
            }
        }
    }

    /// How often a check hits a document that leads out in one way to these targets.
    pub(super) fn externals(check: fn(&Tree, &mut Check), relation: &str, targets: &[&str]) -> usize {
        let external = |target: &&str| Fact::External { relation: relation.into(), target: (*target).into() };
        let mut child = Child::new("a.docx", "attachment", b"PK".to_vec());
        child.facts.extend(targets.iter().map(external));
        let mut count = 0;
        check(&Tree::new(child), &mut |_, _| count += 1);
        count
    }
}
