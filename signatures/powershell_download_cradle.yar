// Fetching with .NET or a cmdlet and running in the same breath. In a PowerShell script only the form that runs the
// fetched text counts, because administrators' scripts download installers. Prose is left out.
rule powershell_download_cradle {
    meta:
        id = "powershell-download-cradle"
        title_en = "A PowerShell command fetches code and runs it at once"
        title_ja = "PowerShellがインターネットから命令を取り込み、すぐに実行します"
        strength = "strong"
        attack = "T1059.001, T1105"
        reference = "https://attack.mitre.org/techniques/T1059/001/"
    strings:
        $powershell = "powershell" ascii wide nocase
        $get_string = ".DownloadString(" ascii wide nocase
        $get_data = ".DownloadData(" ascii wide nocase
        $file_client = ".DownloadFile(" ascii wide nocase
        $file_iwr = "Invoke-WebRequest" ascii wide nocase
        $file_bits = "Start-BitsTransfer" ascii wide nocase
        $eval_iex = "iex" ascii wide nocase fullword
        $eval_invoke = "Invoke-Expression" ascii wide nocase
        $eval_load = "Reflection.Assembly" ascii wide nocase
        $run_start = "Start-Process" ascii wide nocase
        $run_rundll = "rundll32" ascii wide nocase
        $run_regsvr = "regsvr32" ascii wide nocase
    condition:
        not (filetype == "TEXT" or filetype == "EML" or filetype == "PDF" or (filetype == "HTML" and extension != "hta")) and
        not filetype == "EXE" and
        (
            (any of ($get_*) and any of ($eval_*)) or
            (filetype != "PS1" and $powershell and any of ($file_*) and (any of ($run_*) or any of ($eval_*)))
        )
}
