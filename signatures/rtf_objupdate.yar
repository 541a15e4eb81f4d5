// objupdate has the object loaded before anything is clicked; exploits need that, writers hardly ever do.
rule rtf_objupdate {
    meta:
        id = "rtf-objupdate"
        title_en = "The RTF document loads an embedded object as soon as it opens"
        title_ja = "RTF文書が開くと同時に埋め込み部品を読み込みます"
        strength = "medium"
        attack = "T1203"
        reference = "https://attack.mitre.org/techniques/T1203/"
    strings:
        $update = "\\objupdate" ascii
        $data = "\\objdata" ascii
    condition:
        uint32be(0) == 0x7b5c7274 and $update and $data
}
