// A script file of Windows that names both an object that fetches and an object that starts programs.
rule script_downloads_and_runs {
    meta:
        id = "script-downloads-and-runs"
        title_en = "The script fetches something from the network and runs programs"
        title_ja = "スクリプトがインターネットからファイルを取り込み、実行します"
        strength = "strong"
        attack = "T1059.005, T1059.007, T1105"
        reference = "https://attack.mitre.org/techniques/T1105/"
    strings:
        $fetch_xml = "MSXML2.XMLHTTP" ascii wide nocase
        $fetch_server = "MSXML2.ServerXMLHTTP" ascii wide nocase
        $fetch_ms = "Microsoft.XMLHTTP" ascii wide nocase
        $fetch_win = "WinHttp.WinHttpRequest" ascii wide nocase
        $fetch_ie = "InternetExplorer.Application" ascii wide nocase
        $fetch_api = "URLDownloadToFile" ascii wide nocase
        $fetch_bits = "bitsadmin" ascii wide nocase
        $fetch_cert = "-urlcache" ascii wide nocase
        $fetch_net = "Net.WebClient" ascii wide nocase
        $fetch_iwr = "Invoke-WebRequest" ascii wide nocase
        $fetch_curl = "curl.exe" ascii wide nocase
        $run_wsh = "WScript.Shell" ascii wide nocase
        $run_app = "Shell.Application" ascii wide nocase
        $run_wmi = "Win32_Process" ascii wide nocase
        $run_execute = "ShellExecute" ascii wide nocase
    condition:
        (filetype == "JS" or filetype == "VBS" or filetype == "WSF" or filetype == "HTA" or extension == "hta" or
        extension == "wsf" or extension == "sct" or extension == "wsc") and
        any of ($fetch_*) and any of ($run_*)
}
