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
        $do_cmd = "cmd.exe" ascii nocase
        $do_cmd_short = "(cmd)" ascii nocase
        $do_ps = "powershell" ascii nocase
        $do_mshta = "mshta" ascii nocase
        $do_wscript = "wscript" ascii nocase
        $do_rundll = "rundll32" ascii nocase
        $do_regsvr = "regsvr32" ascii nocase
        $do_certutil = "certutil" ascii nocase
    condition:
        filetype == "PDF" and
        for any n in (1..#launch) : (any of ($do_*) in (@launch[n]..@launch[n] + 600))
}
