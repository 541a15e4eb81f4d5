// A file that begins as a PDF and goes on as a web archive of Word: PDF tools see a page, Word runs the macros.
rule maldoc_in_pdf {
    meta:
        id = "maldoc-in-pdf"
        title_en = "A Word document with macros poses as a PDF"
        title_ja = "PDFに見せかけたWord文書です"
        strength = "strong"
        attack = "T1036.008"
        reference = "https://blogs.jpcert.or.jp/en/2023/08/maldocinpdf.html"
    strings:
        $pdf = "%PDF-" ascii
        $mime = "MIME-Version:" ascii nocase
        $word_xml = "<w:WordDocument" ascii nocase
        $word_mso = "application/x-mso" ascii nocase
        $word_active = "QWN0aXZlTWlt" ascii
    condition:
        $pdf in (0..1024) and $mime and any of ($word_*)
}
