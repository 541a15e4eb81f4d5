// An HTML application is a program with a window of its own; one that makes the window vanish and starts programs
// does not want to be seen.
rule hta_hidden_window {
    meta:
        id = "hta-hidden-window"
        title_en = "The HTML application hides its window and runs programs"
        title_ja = "HTMLアプリケーションが画面を隠してプログラムを実行します"
        strength = "strong"
        attack = "T1218.005, T1564.003"
        reference = "https://attack.mitre.org/techniques/T1218/005/"
    strings:
        $hta = "<hta:application" ascii wide nocase
        $hide_state = /windowstate\s{0,4}=\s{0,4}["']?minimize/ ascii wide nocase
        $hide_size = /resizeTo\s{0,4}\(\s{0,4}[01]\s{0,4},/ ascii wide nocase
        $hide_move = /moveTo\s{0,4}\(\s{0,4}-\s{0,4}[0-9]{3}/ ascii wide nocase
        $run_wsh = "WScript.Shell" ascii wide nocase
        $run_app = "Shell.Application" ascii wide nocase
        $run_wmi = "Win32_Process" ascii wide nocase
        $run_ps = "powershell" ascii wide nocase
    condition:
        (filetype == "HTML" or filetype == "HTA" or filetype == "TEXT" or filetype == "XML" or extension == "hta") and
        ($hta or extension == "hta") and any of ($hide_*) and any of ($run_*)
}
