//! tenpu's own signatures: one trick a file in `signatures/`, each with a page in `docs/rules/` and cases in
//! `tests/rules/`. `tests/rules.rs` holds the table, the folder, the pages and the cases together.

/// File name and text of every signature.
pub const SIGNATURES: &[(&str, &str)] = &[
    ("activemime_document.yar", include_str!("../../../signatures/activemime_document.yar")),
    ("dde_auto_command.yar", include_str!("../../../signatures/dde_auto_command.yar")),
    ("eicar_test_file.yar", include_str!("../../../signatures/eicar_test_file.yar")),
    ("encoded_program.yar", include_str!("../../../signatures/encoded_program.yar")),
    ("hta_hidden_window.yar", include_str!("../../../signatures/hta_hidden_window.yar")),
    ("maldoc_in_pdf.yar", include_str!("../../../signatures/maldoc_in_pdf.yar")),
    ("msdt_protocol_call.yar", include_str!("../../../signatures/msdt_protocol_call.yar")),
    ("pdf_launch_command.yar", include_str!("../../../signatures/pdf_launch_command.yar")),
    ("powershell_download_cradle.yar", include_str!("../../../signatures/powershell_download_cradle.yar")),
    ("powershell_encoded_command.yar", include_str!("../../../signatures/powershell_encoded_command.yar")),
    ("search_ms_remote.yar", include_str!("../../../signatures/search_ms_remote.yar")),
];
