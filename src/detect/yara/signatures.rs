//! tenpu's own signatures: one trick a file in `signatures/`, each with a page in `docs/rules/` and cases in
//! `tests/rules/`. `tests/rules.rs` holds the table, the folder, the pages and the cases together.

/// File name and text of every signature.
pub const SIGNATURES: &[(&str, &str)] = &[
    ("activemime_document.yar", include_str!("../../../signatures/activemime_document.yar")),
    ("csv_dde.yar", include_str!("../../../signatures/csv_dde.yar")),
    ("dde_auto_command.yar", include_str!("../../../signatures/dde_auto_command.yar")),
    ("eicar_test_file.yar", include_str!("../../../signatures/eicar_test_file.yar")),
    ("encoded_program.yar", include_str!("../../../signatures/encoded_program.yar")),
    ("hta_hidden_window.yar", include_str!("../../../signatures/hta_hidden_window.yar")),
    ("iqy_web_query.yar", include_str!("../../../signatures/iqy_web_query.yar")),
    ("lnk_appended_script.yar", include_str!("../../../signatures/lnk_appended_script.yar")),
    ("lnk_runs_interpreter.yar", include_str!("../../../signatures/lnk_runs_interpreter.yar")),
    ("maldoc_in_pdf.yar", include_str!("../../../signatures/maldoc_in_pdf.yar")),
    ("msdt_protocol_call.yar", include_str!("../../../signatures/msdt_protocol_call.yar")),
    ("onenote_embedded_script.yar", include_str!("../../../signatures/onenote_embedded_script.yar")),
    ("pdf_launch_command.yar", include_str!("../../../signatures/pdf_launch_command.yar")),
    ("powershell_download_cradle.yar", include_str!("../../../signatures/powershell_download_cradle.yar")),
    ("powershell_encoded_command.yar", include_str!("../../../signatures/powershell_encoded_command.yar")),
    ("rtf_equation_exploit.yar", include_str!("../../../signatures/rtf_equation_exploit.yar")),
    ("rtf_equation_object.yar", include_str!("../../../signatures/rtf_equation_object.yar")),
    ("rtf_objupdate.yar", include_str!("../../../signatures/rtf_objupdate.yar")),
    ("rtf_ole2link_url_moniker.yar", include_str!("../../../signatures/rtf_ole2link_url_moniker.yar")),
    ("rtf_packaged_program.yar", include_str!("../../../signatures/rtf_packaged_program.yar")),
    ("search_ms_remote.yar", include_str!("../../../signatures/search_ms_remote.yar")),
    ("slk_exec.yar", include_str!("../../../signatures/slk_exec.yar")),
    ("url_file_remote_program.yar", include_str!("../../../signatures/url_file_remote_program.yar")),
    ("xlm_exec_call.yar", include_str!("../../../signatures/xlm_exec_call.yar")),
    ("xlm_urlmon_call.yar", include_str!("../../../signatures/xlm_urlmon_call.yar")),
];
