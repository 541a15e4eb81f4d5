// A quoted text that is base64 of a ZIP, RAR, 7z or Windows program, decoded by the page and offered as a download.
// Reports with pictures and plots hold other base64; the quote right before the archive's head tells them apart.
rule html_smuggling_archive {
    meta:
        id = "html-smuggling-archive"
        title_en = "The web page builds an archive or program on the reader's computer"
        title_ja = "Webページの中に圧縮ファイルやプログラムが隠されています"
        strength = "strong"
        attack = "T1027.006"
        reference = "https://attack.mitre.org/techniques/T1027/006/"
    strings:
        $packed = /["'`](UEsDB[AB]|TVqQAA|TVpQAA|UmFyIR|N3q8ry)[A-Za-z0-9+\/]{200}/ ascii
        $linked = /data:application\/(zip|octet-stream|x-zip-compressed|x-msdownload|x-rar-compressed);base64,(UEsDB|TVqQ|TVpQ|UmFyI|N3q8r)/ ascii nocase
        $decode = "atob(" ascii
        $decode_code = "charCodeAt(" ascii
        $blob_url = "createObjectURL" ascii
        $blob_save = "msSaveOrOpenBlob" ascii
        $blob_old = "msSaveBlob" ascii
        $download = "download" ascii
    condition:
        (filetype == "HTML" or filetype == "SVG" or extension == "html" or extension == "htm" or extension == "xhtml" or
        extension == "shtml" or extension == "svg") and
        (
            ($packed and any of ($decode*) and any of ($blob_*)) or
            ($linked and $download)
        )
}
