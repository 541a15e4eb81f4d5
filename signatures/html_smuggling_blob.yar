// The page decodes something, makes a file of it, names that file as an archive, disc image or program, and clicks
// the download itself. Plots and editors offer pictures and tables, and wait for a click.
rule html_smuggling_blob {
    meta:
        id = "html-smuggling-blob"
        title_en = "The web page makes a file by itself and has it downloaded"
        title_ja = "Webページが自分でファイルを作り、保存させようとします"
        strength = "medium"
        attack = "T1027.006"
        reference = "https://attack.mitre.org/techniques/T1027/006/"
    strings:
        $decode = "atob(" ascii
        $decode_code = "charCodeAt(" ascii
        $decode_char = "fromCharCode" ascii
        $decode_array = "Uint8Array" ascii
        $blob_url = "createObjectURL" ascii
        $blob_save = "msSaveOrOpenBlob" ascii
        $blob_old = "msSaveBlob" ascii
        $click = ".click()" ascii
        $named = /(download|file_?name)["'`]?\s*[=,:]\s*["'`][^"'`\r\n<>]{1,60}\.(zip|rar|7z|iso|img|vhd|vhdx|jse|vbs|vbe|wsf|hta|lnk|exe|scr|msi|one|docm|xlsm|xlsb|xll|bat|cmd|ps1|url|cab|ace|jar)["'`]/ ascii nocase
        $saved = /msSave(OrOpen)?Blob\s*\([^"'`\r\n]{1,40}["'`][^"'`\r\n<>]{1,60}\.(zip|rar|7z|iso|img|vhd|vhdx|jse|vbs|vbe|wsf|hta|lnk|exe|scr|msi|one|docm|xlsm|xlsb|xll|bat|cmd|ps1|url|cab|ace|jar)["'`]/ ascii nocase
    condition:
        (filetype == "HTML" or filetype == "SVG" or extension == "html" or extension == "htm" or extension == "xhtml" or
        extension == "shtml" or extension == "svg") and any of ($decode*) and
        (($named and any of ($blob_*) and $click) or $saved)
}
