// A Package object holds any file with its name; here the name is one that runs. In the RTF text all of it is
// hexadecimal, in the decoded object it is plain.
rule rtf_packaged_program {
    meta:
        id = "rtf-packaged-program"
        title_en = "The RTF document packs a program or script to click"
        title_ja = "RTF文書にプログラムまたはスクリプトが包まれています"
        strength = "strong"
        attack = "T1204.002, T1027.009"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $class = "5061636b61676500" ascii nocase
        $x_exe = "2e65786500" ascii nocase
        $x_scr = "2e73637200" ascii nocase
        $x_com = "2e636f6d00" ascii nocase
        $x_pif = "2e70696600" ascii nocase
        $x_cpl = "2e63706c00" ascii nocase
        $x_js = "2e6a7300" ascii nocase
        $x_jse = "2e6a736500" ascii nocase
        $x_vbs = "2e76627300" ascii nocase
        $x_vbe = "2e76626500" ascii nocase
        $x_wsf = "2e77736600" ascii nocase
        $x_hta = "2e68746100" ascii nocase
        $x_lnk = "2e6c6e6b00" ascii nocase
        $x_bat = "2e62617400" ascii nocase
        $x_cmd = "2e636d6400" ascii nocase
        $x_ps1 = "2e70733100" ascii nocase
        $x_jar = "2e6a617200" ascii nocase
        $x_msi = "2e6d736900" ascii nocase
        $decoded = { 01 05 00 00 02 00 00 00 08 00 00 00 50 61 63 6B 61 67 65 00 }
        $p_exe = ".exe\x00" ascii nocase
        $p_scr = ".scr\x00" ascii nocase
        $p_com = ".com\x00" ascii nocase
        $p_pif = ".pif\x00" ascii nocase
        $p_cpl = ".cpl\x00" ascii nocase
        $p_js = ".js\x00" ascii nocase
        $p_jse = ".jse\x00" ascii nocase
        $p_vbs = ".vbs\x00" ascii nocase
        $p_vbe = ".vbe\x00" ascii nocase
        $p_wsf = ".wsf\x00" ascii nocase
        $p_hta = ".hta\x00" ascii nocase
        $p_lnk = ".lnk\x00" ascii nocase
        $p_bat = ".bat\x00" ascii nocase
        $p_cmd = ".cmd\x00" ascii nocase
        $p_ps1 = ".ps1\x00" ascii nocase
        $p_jar = ".jar\x00" ascii nocase
        $p_msi = ".msi\x00" ascii nocase
    condition:
        (uint32be(0) == 0x7b5c7274 and $class and any of ($x_*)) or
        (uint32be(0) == 0x01050000 and $decoded at 0 and any of ($p_*))
}
