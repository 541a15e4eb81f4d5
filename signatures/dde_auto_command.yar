// A DDEAUTO field, or a DDE link of a workbook, whose server is a command interpreter. Mail merge and linked tables
// name Word or Excel there. The parts of a field may be torn apart over many runs, so any place of the part counts.
rule dde_auto_command {
    meta:
        id = "dde-auto-command"
        title_en = "The document starts a command through a field"
        title_ja = "文書がフィールド機能(DDE)でコマンドを実行しようとします"
        strength = "strong"
        attack = "T1559.002"
        reference = "https://attack.mitre.org/techniques/T1559/002/"
    strings:
        $field = "DDEAUTO" ascii wide nocase
        $to_cmd = "cmd.exe" ascii wide nocase
        $to_ps = "powershell" ascii wide nocase
        $to_mshta = "mshta" ascii wide nocase
        $to_rundll = "rundll32" ascii wide nocase
        $to_regsvr = "regsvr32" ascii wide nocase
        $to_wscript = "wscript" ascii wide nocase
        $to_cscript = "cscript" ascii wide nocase
        $to_certutil = "certutil" ascii wide nocase
        $instruction = "instr" ascii
        $link = /ddeService="(cmd|powershell|mshta|rundll32|regsvr32|wscript|cscript|certutil|msexcel)(\.exe)?"/ ascii nocase
    condition:
        not (filetype == "TEXT" or filetype == "EML" or filetype == "PDF" or (filetype == "HTML" and extension != "hta")) and
        (
            ($field and any of ($to_*) and (filetype != "XML" or $instruction)) or
            (filetype == "XML" and $link)
        )
}
