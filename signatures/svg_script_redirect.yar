// SVG opens in the browser and may hold scripts. Interactive charts have them too, but do not decode text, build
// files or send the reader elsewhere.
rule svg_script_redirect {
    meta:
        id = "svg-script-redirect"
        title_en = "The picture file runs a script that leads away or unpacks something"
        title_ja = "画像ファイル(SVG)の中でスクリプトが動きます"
        strength = "medium"
        attack = "T1027.017, T1204.002"
        reference = "https://attack.mitre.org/techniques/T1027/017/"
    strings:
        $script = "<script" ascii nocase
        $does_atob = "atob(" ascii
        $does_blob = "createObjectURL" ascii
        $does_eval = "eval(" ascii fullword
        $does_write = "document.write(" ascii
        $does_go = /location(\.href)?\s{0,4}=\s{0,4}[^=\s]/ ascii
        $does_replace = /location\.(replace|assign)\s{0,4}\(/ ascii
    condition:
        (filetype == "SVG" or extension == "svg") and $script and any of ($does_*)
}
