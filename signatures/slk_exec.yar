// SYLK is a text form of workbooks that may hold Excel 4 macros, without the warnings other formats bring.
rule slk_exec {
    meta:
        id = "slk-exec"
        title_en = "The SYLK table runs a command"
        title_ja = "SYLK形式の表がコマンドを実行します"
        strength = "strong"
        attack = "T1059, T1204.002"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $exec = ";EEXEC(" ascii nocase
        $call = ";ECALL(" ascii nocase
        $register = ";EREGISTER(" ascii nocase
    condition:
        uint32be(0) == 0x49443b50 and any of them
}
