// CALL of URLDownloadToFile in urlmon names the types of its arguments (JJCCBB or JJCCJJ); only an Excel 4 macro
// does. VBA declares the function without them.
rule xlm_urlmon_call {
    meta:
        id = "xlm-urlmon-call"
        title_en = "An Excel 4 macro downloads a file through Windows"
        title_ja = "Excelの古い形式のマクロがファイルをダウンロードします"
        strength = "strong"
        attack = "T1105, T1106"
        reference = "https://attack.mitre.org/techniques/T1105/"
    strings:
        $library = "urlmon" ascii wide nocase
        $function = "URLDownloadToFile" ascii wide nocase
        $types = "JJCCBB" ascii wide
        $types_long = "JJCCJJ" ascii wide
    condition:
        not (filetype == "TEXT" or filetype == "EML" or filetype == "PDF" or (filetype == "HTML" and extension != "hta")) and
        $library and $function and any of ($types*)
}
