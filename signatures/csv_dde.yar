// In a text table a cell of the form =program|'arguments'!cell has Excel start that program.
rule csv_dde {
    meta:
        id = "csv-dde"
        title_en = "A cell of the table starts a command"
        title_ja = "表のセルがコマンドを実行しようとします"
        strength = "strong"
        attack = "T1559.002"
        reference = "https://attack.mitre.org/techniques/T1559/002/"
    strings:
        $cell = /[=+@\-][^\r\n|]{0,40}(cmd|msexcel|powershell|mshta|rundll32|regsvr32|certutil|wscript|msiexec)(\.exe)?[ ]?\|[ ]?['"]/ ascii nocase
    condition:
        (filetype == "CSV" or filetype == "SLK" or
        (filetype == "TEXT" and (extension == "xls" or extension == "csv" or extension == "tsv" or extension == "dif"))) and
        $cell
}
