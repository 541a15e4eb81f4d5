// Word saves a document with macros as a single web page whose part editdata.mso holds the VBA project. Mail that
// Word writes has no such part.
rule activemime_document {
    meta:
        id = "activemime-document"
        title_en = "A web archive holds Word macros"
        title_ja = "Web形式で保存されたWord文書にマクロが含まれています"
        strength = "medium"
        attack = "T1204.002, T1036.008"
        reference = "https://attack.mitre.org/techniques/T1036/008/"
    strings:
        $part = "editdata.mso" ascii nocase
        $active = "QWN0aXZlTWlt" ascii
        $mime = "MIME-Version:" ascii nocase
    condition:
        $mime and $part and $active and not filetype == "PDF"
}
