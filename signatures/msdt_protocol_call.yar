// The ms-msdt protocol with the program compatibility wizard and a file to browse for runs PowerShell
// (CVE-2022-30190). A page that only writes about it does not go there.
rule msdt_protocol_call {
    meta:
        id = "msdt-protocol-call"
        title_en = "The page calls the Windows support tool to run commands"
        title_ja = "Windowsの診断ツールを悪用してコマンドを実行しようとします"
        strength = "strong"
        attack = "T1203, T1218"
        reference = "https://nvd.nist.gov/vuln/detail/CVE-2022-30190"
    strings:
        $protocol = "ms-msdt:" ascii wide nocase
        $wizard = "PCWDiagnostic" ascii wide nocase
        $browse = "IT_BrowseForFile" ascii wide nocase
        $rebrowse = "IT_RebrowseForFile" ascii wide nocase
        $go_location = "location" ascii wide nocase
        $go_href = "href" ascii wide nocase
        $go_target = "Target=" ascii wide nocase
        $go_src = "src=" ascii wide nocase
    condition:
        not (filetype == "TEXT" or filetype == "EML") and
        $protocol and ($wizard or $browse or $rebrowse) and any of ($go_*)
}
