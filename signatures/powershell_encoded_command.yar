// powershell with any spelling of -EncodedCommand and base64 behind it. Prose that only quotes such a line (mail
// text, web pages, PDF) is left out, since nothing runs it.
rule powershell_encoded_command {
    meta:
        id = "powershell-encoded-command"
        title_en = "PowerShell is started with a command in code"
        title_ja = "PowerShellが暗号のような命令で起動されます"
        strength = "strong"
        attack = "T1059.001, T1027.010"
        reference = "https://attack.mitre.org/techniques/T1027/010/"
    strings:
        $encoded = /powershell(\.exe)?["']?[^\r\n]{0,200}[ \t][-\/]e(c|n|nc|nco[a-z]{0,11})?[ \t]{1,8}["']?[A-Za-z0-9+\/]{40}/ ascii wide nocase
    condition:
        $encoded and
        not (filetype == "TEXT" or filetype == "EML" or filetype == "PDF" or (filetype == "HTML" and extension != "hta"))
}
