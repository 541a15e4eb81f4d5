// powershell, and any spelling of -EncodedCommand with base64 behind it that decodes to UTF-16 text, as PowerShell
// wants it: of every eight letters the fifth is an A, a zero byte. (The others would tell no more, and an engine
// that looks for them stops at every A of every encoded document.) Prose that only quotes such a line (mail text,
// web pages, PDF) is left out, since nothing runs it.
rule powershell_encoded_command {
    meta:
        id = "powershell-encoded-command"
        title_en = "PowerShell is started with a command in code"
        title_ja = "PowerShellが暗号のような命令で起動されます"
        strength = "strong"
        attack = "T1059.001, T1027.010"
        reference = "https://attack.mitre.org/techniques/T1027/010/"
    strings:
        $powershell = "powershell" ascii wide nocase
        $pwsh = "pwsh" ascii wide nocase fullword
        $encoded = /[ \t][-\/][eE]([cC]|[nN]|[nN][cC]|[nN][cC][oO][A-Za-z]{0,11})?[ \t]{1,4}["']?([A-Za-z0-9+\/]{4}A[A-Za-z0-9+\/]{3}){4}/ ascii wide
    condition:
        not (filetype == "TEXT" or filetype == "EML" or filetype == "PDF" or (filetype == "HTML" and extension != "hta")) and
        ($powershell or $pwsh) and $encoded
}
