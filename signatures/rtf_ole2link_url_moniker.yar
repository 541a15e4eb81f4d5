// An OLE2Link object with a URL moniker has Word fetch and run what the address serves (CVE-2017-0199). Hyperlinks
// hold the same moniker, but not the link class.
rule rtf_ole2link_url_moniker {
    meta:
        id = "rtf-ole2link-url-moniker"
        title_en = "The RTF document fetches an object from the web"
        title_ja = "RTF文書がインターネットから部品を取り込みます"
        strength = "strong"
        attack = "T1203, T1221"
        reference = "https://nvd.nist.gov/vuln/detail/CVE-2017-0199"
    strings:
        $class = "4f4c45324c696e6b" ascii nocase
        $moniker = "e0c9ea79f9bace118c8200aa004ba90b" ascii nocase
        $http = "680074007400700" ascii nocase
        $decoded = { 01 05 00 00 02 00 00 00 09 00 00 00 4F 4C 45 32 4C 69 6E 6B 00 }
        $decoded_moniker = { E0 C9 EA 79 F9 BA CE 11 8C 82 00 AA 00 4B A9 0B }
    condition:
        (uint32be(0) == 0x7b5c7274 and $class and ($moniker or $http)) or
        (uint32be(0) == 0x01050000 and $decoded at 0 and $decoded_moniker)
}
