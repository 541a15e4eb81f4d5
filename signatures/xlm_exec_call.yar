// A macro sheet of an OOXML workbook with EXEC, or with CALL or REGISTER of a Windows library.
rule xlm_exec_call {
    meta:
        id = "xlm-exec-call"
        title_en = "An Excel 4 macro runs a command or calls Windows"
        title_ja = "Excelの古い形式のマクロがコマンドを実行します"
        strength = "strong"
        attack = "T1059, T1106"
        reference = "https://attack.mitre.org/techniques/T1059/"
    strings:
        $sheet = "macrosheet" ascii
        $exec = ">EXEC(" ascii nocase
        $exec_equals = "=EXEC(" ascii nocase
        $call_urlmon = /(CALL|REGISTER)\(("|&quot;)(urlmon|shell32|kernel32|advapi32|wininet)/ ascii nocase
    condition:
        filetype == "XML" and $sheet in (0..4096) and ($exec or $exec_equals or $call_urlmon)
}
