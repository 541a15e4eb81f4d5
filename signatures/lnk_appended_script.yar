// A shortcut ends with its own data blocks; script text, a program, an archive or a document behind them is
// cargo that the shortcut's command cuts out and starts.
rule lnk_appended_script {
    meta:
        id = "lnk-appended-script"
        title_en = "The shortcut carries a script or program behind it"
        title_ja = "ショートカットの後ろにスクリプトやプログラムが隠されています"
        strength = "strong"
        attack = "T1027.012, T1204.002"
        reference = "https://attack.mitre.org/techniques/T1027/012/"
    strings:
        $create = "CreateObject(" ascii nocase
        $activex = "ActiveXObject(" ascii nocase
        $wscript = "WScript." ascii nocase
        $script = "<script" ascii nocase
        $hta = "<hta:application" ascii nocase
        $ps = "$env:" ascii nocase
        $pe = "This program cannot be run in DOS mode" ascii
        $pe_base64 = "TVqQAAMAAAAEAAAA" ascii
        $zip = { 50 4B 03 04 (0A | 14) 00 }
        $ole = { D0 CF 11 E0 A1 B1 1A E1 }
        $pdf = "%PDF-1." ascii
    condition:
        uint32(0) == 0x0000004c and uint32(4) == 0x00021401 and
        any of them in (76..filesize)
}
