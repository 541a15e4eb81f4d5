use super::*;
use crate::artifact::{Child, Tree};
use crate::kind::Kind;
use crate::limits::Limits;

fn facts(name: &str, text: &str) -> Vec<String> {
    let tree = Tree::new(Child::new(name, "file", text.as_bytes().to_vec()));
    let artifact = tree.get(0).unwrap();
    let mut out = Opened::default();
    let budget = &mut Budget::new(&Limits::default());
    if Shortcuts.matches(artifact) {
        Shortcuts.open(artifact, &Keyring::new(), &mut out, budget).unwrap();
    } else {
        assert!(Query.matches(artifact), "{name} is {}", artifact.kind.id);
        Query.open(artifact, &Keyring::new(), &mut out, budget).unwrap();
    }
    out.facts.iter().map(told).collect()
}

fn told(fact: &Fact) -> String {
    match fact {
        Fact::External { relation, target } => format!("{relation} {target}"),
        Fact::Shortcut { target, arguments, .. } => format!("starts {target} | {arguments}"),
        Fact::Header { name, value } => format!("{name} {value}"),
        other => panic!("{other:?}"),
    }
}

#[rustfmt::skip]
const FILES: &[(&str, &str, &[&str])] = &[
    ("a.url", "[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,2\r\n[InternetShortcut]\r\nIDList=\r\nURL=file://a.example/x/y.exe\r\nIconFile=\\\\a.example\\i.ico\r\nWorkingDirectory=\\\\a.example@80\\w\r\n",
        &["shortcut-url file://a.example/x/y.exe", "shortcut-icon \\\\a.example\\i.ico", "shortcut-folder \\\\a.example@80\\w"]),
    ("b.URL", "[InternetShortcut.W]\r\nURL=file://a.example/+ZeU-.exe\r\n", &["shortcut-url file://a.example/日.exe"]),
    ("a.scf", "[Shell]\r\nCommand=2\r\nIconFile=\\\\203.0.113.1\\x\\a.ico\r\n", &["shortcut-icon \\\\203.0.113.1\\x\\a.ico"]),
    ("x/desktop.ini", "[.ShellClassInfo]\r\nIconResource=\\\\203.0.113.1\\x\\a.ico,0\r\n", &["shortcut-icon \\\\203.0.113.1\\x\\a.ico,0"]),
    ("a.theme", "[Control Panel\\Desktop]\r\nWallpaper=%SystemRoot%\\web\\a.jpg\r\n", &["shortcut-icon %SystemRoot%\\web\\a.jpg"]),
    ("a.desktop", "[Desktop Entry]\nExec=sh -c \"x\"\n", &["starts sh | -c \"x\""]),
    ("a.rdp", "full address:s:a.example:3389\r\ndrivestoredirect:s:*\r\nusername:s:x\r\n", &["remote-desktop a.example:3389", "remote-desktop-drives *"]),
    ("a.appref-ms", "http://a.example/x.application#x, Culture=neutral", &["app-installer http://a.example/x.application"]),
    ("a.library-ms", "<?xml version=\"1.0\"?><libraryDescription><searchConnectorDescriptionList><searchConnectorDescription><simpleLocation><url>\\\\a.example@80\\x</url></simpleLocation></searchConnectorDescription></searchConnectorDescriptionList></libraryDescription>",
        &["shortcut-library \\\\a.example@80\\x"]),
    ("a.SettingContent-ms", "<?xml version=\"1.0\"?><PCSettings><SearchableContent><ApplicationInformation><DeepLink>%windir%\\system32\\cmd.exe /c calc.exe</DeepLink><Icon>%windir%\\a.dll</Icon></ApplicationInformation></SearchableContent></PCSettings>",
        &["starts %windir%\\system32\\cmd.exe | /c calc.exe", "shortcut-icon %windir%\\a.dll"]),
    ("a.appinstaller", "<?xml version=\"1.0\"?><AppInstaller Uri=\"https://a.example/a.appinstaller\"><MainPackage Uri=\"https://a.example/a.msix\"/></AppInstaller>",
        &["app-installer https://a.example/a.appinstaller", "app-installer https://a.example/a.msix"]),
    ("a.application", "<asmv1:assembly><deployment><deploymentProvider codebase=\"http://a.example/a.application\"/></deployment></asmv1:assembly>", &["app-installer http://a.example/a.application"]),
    ("a.xml", "<?xml version=\"1.0\"?><AppInstaller xmlns=\"http://schemas.microsoft.com/appx/appinstaller/2018\"><MainBundle Publisher=\"CN=A\" Uri=\"https://a.example/a.msixbundle\"/></AppInstaller>",
        &["app-installer https://a.example/a.msixbundle", "installer-publisher CN=A"]),
    ("a.manifest", "<?xml version=\"1.0\"?><asmv1:assembly xmlns:asmv2=\"urn:schemas-microsoft-com:asm.v2\"><asmv1:description asmv2:publisher=\"B\"/><asmv2:entryPoint><asmv2:commandLine file=\"a.exe\" parameters=\"\"/></asmv2:entryPoint></asmv1:assembly>",
        &["installer-publisher B", "installer-entry a.exe"]),
    ("a.vsto", "<asmv1:assembly><deployment><deploymentProvider codebase=\"http://a.example/a.vsto\"/></deployment></asmv1:assembly>", &["app-installer http://a.example/a.vsto"]),
    ("a.msc", "<?xml version=\"1.0\"?><MMC_ConsoleFile><StringTables><String>res://apds.dll/redirect.html?target=javascript:eval(x)</String><String>https://a.example/</String></StringTables></MMC_ConsoleFile>",
        &["console-script res://apds.dll/redirect.html?target=javascript:eval(x)", "shortcut-url https://a.example/"]),
    ("b.msc", "<?xml version=\"1.0\"?><MMC_ConsoleFile><ConsoleTaskpads><ConsoleTaskpad><Tasks><Task Type=\"CommandLine\" Command=\"cmd.exe\"><CommandLine Directory=\"\" WindowState=\"Minimized\" Params=\"/c x\"/></Task></Tasks></ConsoleTaskpad></ConsoleTaskpads></MMC_ConsoleFile>",
        &["starts cmd.exe | /c x"]),
    ("a.iqy", "WEB\r\n1\r\nhttps://a.example/x\r\n\r\nSelection=1\r\n", &["web-query https://a.example/x"]),
    ("a.dqy", "XLODBC\r\n1\r\nDRIVER={SQL Server};SERVER=db\r\nSELECT 1\r\n", &["data-query DRIVER={SQL Server};SERVER=db"]),
];

#[test]
fn each_kind_tells_where_it_leads() {
    for (name, text, want) in FILES {
        assert_eq!(facts(name, text), *want, "{name}");
    }
}

#[test]
fn damage_is_borne() {
    for (name, text, _) in FILES {
        for cut in (0..text.len()).filter_map(|at| text.get(..at)) {
            // A first line with a colon is a header of a mail.
            if matches!(Kind::of(name, cut.as_bytes()).id, "url" | "iqy") {
                facts(name, cut);
            }
        }
    }
    assert_eq!(facts("a.url", &"URL=a\r\nURL=b\r\n".repeat(50_000)).len(), 2);
    let many: String = (0..20_000).map(|n| format!("URL={n}\r\n")).collect();
    assert_eq!(facts("a.url", &many).len(), MOST_FACTS);
    facts("a.library-ms", &("<?xml version=\"1.0\"?>".to_string() + &"<a>".repeat(50_000)));
}
