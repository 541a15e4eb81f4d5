// A DDEAUTO field, or a DDE link of a workbook, whose server is a command interpreter. Mail merge and linked tables
// name Word or Excel there.
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
        $to_system = "system32" ascii wide nocase
        $link = /ddeService="(cmd|powershell|mshta|rundll32|regsvr32|wscript|cscript|certutil|msexcel)(\.exe)?"/ ascii nocase
    condition:
        (
            for any n in (1..#field) : (any of ($to_*) in (@field[n]..@field[n] + 2000)) or
            ($link and filetype == "XML")
        ) and
        not (filetype == "TEXT" or filetype == "EML" or filetype == "PDF" or (filetype == "HTML" and extension != "hta"))
}
