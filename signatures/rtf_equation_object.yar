// The Equation Editor of old Office runs what a prepared formula holds (CVE-2017-11882, CVE-2018-0802). The class
// name or class id stands in the hexadecimal object data, or at the head of the decoded object.
rule rtf_equation_object {
    meta:
        id = "rtf-equation-object"
        title_en = "The RTF document holds an Equation Editor object"
        title_ja = "RTF文書に古い「数式エディター」の部品が含まれています"
        strength = "medium"
        attack = "T1203"
        reference = "https://nvd.nist.gov/vuln/detail/CVE-2017-11882"
    strings:
        $class_3 = "4571756174696f6e2e33" ascii nocase
        $class_2 = "4571756174696f6e2e32" ascii nocase
        $clsid = "02ce020000000000c000000000000046" ascii nocase
        $decoded = { 01 05 00 00 02 00 00 00 0B 00 00 00 45 71 75 61 74 69 6F 6E 2E (32 | 33) 00 }
    condition:
        (uint32be(0) == 0x7b5c7274 and any of ($cl*)) or (uint32be(0) == 0x01050000 and $decoded at 0)
}
