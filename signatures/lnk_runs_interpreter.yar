// A shortcut that starts PowerShell, cmd, mshta and their like with arguments that fetch, decode or hide.
// Shortcuts that only open a shell, as the Start menu has them, lack such arguments.
rule lnk_runs_interpreter {
    meta:
        id = "lnk-runs-interpreter"
        title_en = "The shortcut runs a command interpreter"
        title_ja = "ショートカットがコマンドを実行します"
        strength = "strong"
        attack = "T1204.002, T1059, T1218"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $powershell = "powershell" ascii wide nocase
        $pwsh = "pwsh.exe" ascii wide nocase
        $ps_hidden = "hidden" ascii wide nocase
        $ps_enc = " -enc" wide nocase
        $ps_e = " -e " wide nocase
        $ps_ec = " -ec " wide nocase
        $ps_en = " -en " wide nocase
        $ps_iex = "iex" wide nocase fullword
        $ps_invoke = "invoke-" ascii wide nocase
        $ps_download = ".download" ascii wide nocase
        $ps_base64 = "frombase64string" ascii wide nocase
        $ps_out = "out-string" ascii wide nocase
        $web_http = "http://" ascii wide nocase
        $web_https = "https://" ascii wide nocase

        $cmd = "cmd.exe" ascii wide nocase
        $comspec = "%comspec%" ascii wide nocase
        $tool_findstr = "findstr" ascii wide nocase
        $tool_certutil = "certutil" ascii wide nocase
        $tool_bitsadmin = "bitsadmin" ascii wide nocase
        $tool_curl = "curl" wide nocase fullword

        $mshta = "mshta" ascii wide nocase
        $hta_file = ".hta" wide nocase
        $hta_js = "javascript:" ascii wide nocase
        $hta_vbs = "vbscript:" ascii wide nocase

        $wscript = "wscript" ascii wide nocase
        $cscript = "cscript" ascii wide nocase
        $script_vbs = ".vbs" wide nocase
        $script_vbe = ".vbe" wide nocase
        $script_js = ".js" wide nocase
        $script_wsf = ".wsf" wide nocase
        $script_engine = "//e:" wide nocase

        $regsvr32 = "regsvr32" ascii wide nocase
        $reg_silent = " /s" wide nocase
        $reg_url = "/i:" wide nocase
        $reg_ocx = ".ocx" wide nocase

        $rundll32 = "rundll32" ascii wide nocase
        $dll_export = /\.(dll|dat|tmp|ocx|png|jpg|log|txt),[ ]?[A-Za-z#]/ wide nocase
        $known_dll = /(system32\\[a-z0-9]{1,20}|shell32|url|printui|user32|dfshim|keymgr|zipfldr|setupapi)(\.dll)?,[ ]?[A-Za-z#]/ wide nocase
    condition:
        uint32(0) == 0x0000004c and uint32(4) == 0x00021401 and
        (
            (($powershell or $pwsh) and (any of ($ps_*) or any of ($web_*))) or
            (
                ($cmd or $comspec) and
                (any of ($tool_*, $web_*) or any of ($powershell, $mshta, $wscript, $cscript, $regsvr32, $rundll32))
            ) or
            ($mshta and any of ($hta_*, $web_*)) or
            (($wscript or $cscript) and any of ($script_*)) or
            ($regsvr32 and any of ($reg_*)) or
            ($rundll32 and any of ($dll_export, $hta_js) and not $known_dll)
        )
}
