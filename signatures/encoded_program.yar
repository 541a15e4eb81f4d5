// The first bytes of nearly every Windows program as base64 (also backwards), hexadecimal or a list of numbers. Mail
// carries attachments as base64 by nature, so messages and their plain text are left out.
rule encoded_program {
    meta:
        id = "encoded-program"
        title_en = "A Windows program is hidden as text"
        title_ja = "Windowsのプログラムが文字列に変えて隠されています"
        strength = "strong"
        attack = "T1027.009, T1027.013"
        reference = "https://attack.mitre.org/techniques/T1027/009/"
    strings:
        $base64 = "TVqQAAMAAAAEAAAA" ascii wide
        $base64_borland = "TVpQAAIAAAAEAA8A" ascii wide
        $backwards = "AAAAEAAAAMAAQqVT" ascii wide
        $hex = "4d5a90000300000004000000ffff" ascii wide nocase
        $decimal = "77,90,144,0,3,0,0,0,4,0,0,0" ascii wide
        $decimal_spaced = "77, 90, 144, 0, 3, 0, 0, 0, 4, 0, 0, 0" ascii wide
        $vba = "&H4D, &H5A, &H90, &H0, &H3" ascii wide nocase
        $c = "0x4d, 0x5a, 0x90, 0x00, 0x03" ascii wide nocase
        $c_close = "0x4d,0x5a,0x90,0x00,0x03" ascii wide nocase
    condition:
        not (filetype == "EML" or filetype == "MSG" or filetype == "TNEF" or filetype == "TEXT" or filetype == "HTML" or
        filetype == "EXE" or filetype == "ELF" or filetype == "MACHO" or filetype == "MSI") and
        any of them
}
