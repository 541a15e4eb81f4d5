// MS-ONESTORE 2.6.13: an attached file stands behind the FileDataStoreObject GUID and 20 more bytes, its length
// in the first eight of them.
rule onenote_embedded_script {
    meta:
        id = "onenote-embedded-script"
        title_en = "A OneNote page holds a script or program"
        title_ja = "OneNoteのページにスクリプトまたはプログラムが埋め込まれています"
        strength = "strong"
        attack = "T1204.002, T1027.009"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $file = { E7 16 E3 BD 65 26 11 45 A4 C4 8D 4D 0B 7A 9E AC }
        $batch = "@echo off" ascii nocase
        $s_script = "<script" ascii wide nocase
        $s_job = "<job" ascii wide nocase
        $s_wscript = "WScript." ascii wide nocase
        $s_create = "CreateObject(" ascii wide nocase
        $s_activex = "ActiveXObject" ascii wide nocase
        $s_hta = "<hta:application" ascii wide nocase
        $s_ps = "powershell -" ascii wide nocase
        $s_ps_exe = "powershell.exe -" ascii wide nocase
        $s_cmd = "cmd /c " ascii wide nocase
        $s_cmd_exe = "cmd.exe /c " ascii wide nocase
    condition:
        uint32be(0) == 0xe4525c7b and uint32be(4) == 0x8cd8a74d and
        for any n in (1..#file) : (
            uint16(@file[n] + 36) == 0x5a4d or
            uint32(@file[n] + 36) == 0x46535449 or
            (uint32(@file[n] + 36) == 0x0000004c and uint32(@file[n] + 40) == 0x00021401) or
            $batch at @file[n] + 36 or
            any of ($s_*) in (@file[n] + 36..@file[n] + 36 + uint32(@file[n] + 16))
        )
}
