//! Control words that the walk tells apart (RTF 1.9.1).

/// How an object is held.
pub(super) const MANNERS: &[&str] = &[
    "objemb",
    "objlink",
    "objautlink",
    "objsub",
    "objpub",
    "objicemb",
    "objhtml",
    "objocx",
    "objupdate",
    "linkself",
];

/// Whether a control word begins a destination, so that what follows in its group is no part of an object's data.
pub(super) fn is_destination(word: &[u8]) -> bool {
    std::str::from_utf8(word).is_ok_and(|word| DESTINATIONS.binary_search(&word).is_ok())
}

/// The destinations of the specification, in order.
#[rustfmt::skip]
const DESTINATIONS: &[&str] = &[
    "aftncn", "aftnsep", "aftnsepc", "annotation", "atnauthor", "atndate", "atnid", "atnparent", "atnref", "atrfend",
    "atrfstart", "author", "background", "bkmkend", "bkmkstart", "blipuid", "buptim", "category", "colorschememapping",
    "colortbl", "comment", "company", "creatim", "datafield", "datastore", "defchp", "defpap", "do", "doccomm",
    "docvar", "ebcend", "ebcstart", "factoidname", "falt", "fchars", "ffdeftext", "ffentrymcr", "ffexitmcr",
    "ffformat", "ffhelptext", "ffl", "ffname", "ffstattext", "field", "file", "filetbl", "fldinst", "fldrslt",
    "fldtype", "fontemb", "fonttbl", "footer", "footerf", "footerl", "footerr", "footnote", "formfield", "ftncn",
    "ftnsep", "ftnsepc", "generator", "gridtbl", "header", "headerf", "headerl", "headerr", "hl", "hlfr", "hlinkbase",
    "hlloc", "hlsrc", "hsv", "info", "keywords", "latentstyles", "lchars", "levelnumbers", "leveltext", "lfolevel",
    "linkval", "list", "listlevel", "listname", "listoverride", "listoverridetable", "listpicture", "liststylename",
    "listtable", "listtext", "lsdlockedexcept", "macc", "mailmerge", "manager", "mbar", "mbox", "mmath", "nesttableprops",
    "nonesttables", "objalias", "objclass", "objname", "objsect", "oldcprops", "oldpprops", "oldsprops", "oldtprops",
    "oleclsid", "operator", "panose", "password", "passwordhash", "pgp", "pgptbl", "picprop", "pict", "pn", "pnseclvl",
    "pntext", "pntxta", "pntxtb", "printim", "propname", "protend", "protstart", "protusertbl", "result", "revtbl",
    "revtim", "rxe", "shp", "shpgrp", "shpinst", "shppict", "shprslt", "shptxt", "sn", "sp", "staticval", "stylesheet",
    "subject", "sv", "svb", "tc", "template", "themedata", "title", "txe", "ud", "upr", "userprops", "wgrffmtfilter",
    "windowcaption", "writereservation", "writereservhash", "xe", "xform", "xmlattrname", "xmlattrvalue", "xmlclose",
    "xmlname", "xmlnstbl", "xmlopen",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_destinations_are_in_order() {
        assert!(DESTINATIONS.is_sorted());
        assert!(is_destination(b"pict") && !is_destination(b"par") && !is_destination(b"\xff"));
    }
}
