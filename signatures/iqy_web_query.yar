// A web query is three lines: WEB, 1, the address. Excel asks once and then takes what comes as cells, formulas
// included.
rule iqy_web_query {
    meta:
        id = "iqy-web-query"
        title_en = "The file has Excel load data from a web address"
        title_ja = "Excelにインターネット上のデータを読み込ませるファイルです"
        strength = "medium"
        attack = "T1204.002, T1105"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $web = /WEB\r?\n1\r?\nhttps?:\/\//
    condition:
        $web at 0 and filesize < 64KB
}
