// The search protocol of Windows with a location on another host: Explorer shows foreign files as if they were the
// reader's own. Plain text is left out, since it cannot be clicked.
rule search_ms_remote {
    meta:
        id = "search-ms-remote"
        title_en = "A link makes Windows show files of another computer"
        title_ja = "リンクが他のコンピューターのファイルを手元にあるように見せます"
        strength = "strong"
        attack = "T1204.002, T1566.002"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $link = /search(-ms)?:[^\r\n"'<>]{0,300}crumb=location(:|%3a)(\\\\|%5c%5c|\/\/|%2f%2f|file:)/ ascii wide nocase
    condition:
        not (filetype == "TEXT" or filetype == "EML") and
        $link
}
