// A shortcut whose address is a file on another host, WebDAV or SMB, with a name that runs.
rule url_file_remote_program {
    meta:
        id = "url-file-remote-program"
        title_en = "The internet shortcut starts a program on another computer"
        title_ja = "インターネットショートカットが他のコンピューター上のプログラムを起動します"
        strength = "medium"
        attack = "T1204.002, T1105"
        reference = "https://attack.mitre.org/techniques/T1204/002/"
    strings:
        $head = "[InternetShortcut]" ascii wide nocase
        $target = /URL\s{0,4}=\s{0,4}(file:[\/\\]{2}[^\/\\\s]|file:[\/\\]{4,5}[^\/\\\s]|\\\\[^\\\s])[^\r\n]{0,400}\.(exe|scr|com|pif|cpl|dll|msi|lnk|url|js|jse|vbs|vbe|wsf|wsh|hta|bat|cmd|ps1|jar|zip|library-ms|search-ms)\s/ ascii wide nocase
    condition:
        filesize < 64KB and $head and $target
}
