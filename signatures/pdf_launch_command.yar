// ISO 32000-1 12.6.4.5: a launch action names a program; here it is a command interpreter.
rule pdf_launch_command {
    meta:
        id = "pdf-launch-command"
        title_en = "The PDF starts a program"
        title_ja = "PDFがプログラムを起動しようとします"
        strength = "strong"
        attack = "T1204.002"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $launch = "/Launch" ascii
        $file_cmd = "cmd.exe)" ascii nocase
        $file_powershell = "powershell.exe)" ascii nocase
        $file_mshta = "mshta.exe)" ascii nocase
        $file_wscript = "wscript.exe)" ascii nocase
        $file_cscript = "cscript.exe)" ascii nocase
        $file_rundll32 = "rundll32.exe)" ascii nocase
        $file_regsvr32 = "regsvr32.exe)" ascii nocase
        $file_certutil = "certutil.exe)" ascii nocase
        $bare_cmd = "(cmd)" ascii nocase
        $bare_powershell = "(powershell)" ascii nocase
        $bare_mshta = "(mshta)" ascii nocase
        $bare_wscript = "(wscript)" ascii nocase
        $bare_cscript = "(cscript)" ascii nocase
        $bare_rundll32 = "(rundll32)" ascii nocase
        $bare_regsvr32 = "(regsvr32)" ascii nocase
        $bare_certutil = "(certutil)" ascii nocase
    condition:
        filetype == "PDF" and $launch and any of ($file_*, $bare_*)
}
