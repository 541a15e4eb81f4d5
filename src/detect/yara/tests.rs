use super::*;
use crate::artifact::{Child, Tree};
use std::fs;
use std::path::PathBuf;

/// A fresh folder for one test, removed when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tenpu-yara-{name}-{}", std::process::id()));
        let _gone = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn tree(name: &str, bytes: &[u8]) -> Tree {
    Tree::new(Child::new(name, "file", bytes.to_vec()))
}

#[cfg(not(feature = "yara"))]
#[test]
fn without_the_engine_user_rules_are_refused_in_words() {
    let folder = Folder::new("absent");
    let file = folder.write("a.yar", "rule a { condition: true }");
    let (rules, problems) = Rules::load(true, &[file], None);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].reason.contains("no YARA engine"), "{problems:?}");
    assert_eq!(rules.list(), []);
    assert_eq!(rules.session().findings(&tree("a", b"a")), []);
}

#[test]
fn no_rules_find_nothing() {
    assert_eq!(Rules::default().session().findings(&tree("a", b"a")), []);
}

#[cfg(feature = "yara")]
mod with_engine {
    use super::*;
    use crate::detect::{Finding, Strength};
    use std::path::Path;

    fn load(folder: &Folder) -> (Rules, Vec<Problem>) {
        Rules::load(false, std::slice::from_ref(&folder.0), None)
    }

    fn findings(source: &str, tree: &Tree) -> Vec<Finding> {
        let folder = Folder::new(&format!("f{:?}", std::thread::current().id()));
        folder.write("a.yar", source);
        let (rules, problems) = load(&folder);
        assert_eq!(problems, []);
        rules.session().findings(tree)
    }

    #[test]
    fn a_user_rule_speaks_with_its_own_meta_and_names_its_author() {
        let source = r#"
            rule Written_Well {
                meta:
                    id = "own-id"
                    title_en = "An own title."
                    title_ja = "独自の題です。"
                    strength = "weak"
                    attack = "T1204.002, nonsense, T1059"
                    author = "A. Author"
                    reference = "https://rules.example/1"
                strings: $a = "needle"
                condition: $a
            }"#;
        let found = findings(source, &tree("a.txt", b"hay needle in hay\nmore"));
        assert_eq!(found.len(), 1);
        let finding = &found[0];
        assert_eq!(
            (finding.rule.as_str(), finding.strength, finding.artifact),
            ("yara:own-id", Strength::Weak, 0)
        );
        assert_eq!(finding.title.en, "An own title.");
        assert_eq!(finding.title.ja, "独自の題です。");
        assert_eq!(finding.attack, ["T1204.002", "T1059"]);
        assert_eq!(
            finding.evidence,
            "0x4: \"needle in hay\" (rule Written_Well by A. Author, see https://rules.example/1)"
        );
    }

    #[test]
    fn a_rule_of_a_public_set_gets_its_strength_and_words_from_their_habits() {
        let rows = [
            ("", Strength::Medium),
            ("score = 80", Strength::Strong),
            ("score = 60", Strength::Medium),
            ("score = 59", Strength::Weak),
            ("severity = \"High\"", Strength::Strong),
            ("severity = 100", Strength::Strong),
            ("severity = \"low\" score = 90", Strength::Weak),
            ("strength = \"nonsense\"", Strength::Medium),
        ];
        for (meta, strength) in rows {
            let meta = format!("id = \"8a2d1d2e-1b5b-5b0e-9f39-2c5b2c0d8a11\" {meta}");
            let source = format!("rule Some_Rule {{ meta: {meta} condition: true }}");
            let found = findings(&source, &tree("a", b"abc"));
            assert_eq!(found[0].strength, strength, "{meta}");
            assert_eq!(found[0].rule, "yara:Some_Rule");
            assert_eq!(found[0].title.en, "Matches the YARA rule Some_Rule");
            assert_eq!(found[0].evidence, "the whole of it, 3 bytes (rule Some_Rule)");
        }
    }

    #[test]
    fn the_six_variables_are_those_of_the_artifact() {
        let source = r#"
            rule all_six {
                condition:
                    filename == "見積.Doc" and filepath == "a.eml/b.zip/見積.Doc" and extension == "doc"
                    and filetype == "RTF" and md5 == "b1f0f56d9f6a84a7ee6a9b7eb3f43ad3" and owner == ""
            }
            rule two_of_them { condition: filename == "a.eml" and filepath == "a.eml" }"#;
        let mut tree = tree("a.eml", b"Subject: x\r\n\r\n");
        let zip = tree.add(Some(0), Child::new("b.zip", "attachment", b"PK\x03\x04".to_vec()));
        tree.add(Some(zip), Child::new("見積.Doc", "zip", b"{\\rtf1}".to_vec()));
        let found =
            findings(&source.replace("b1f0f56d9f6a84a7ee6a9b7eb3f43ad3", &md5_of(b"{\\rtf1}")), &tree);
        let found: Vec<_> = found.iter().map(|f| (f.artifact, f.rule.as_str())).collect();
        assert_eq!(found, [(0, "yara:two_of_them"), (2, "yara:all_six")]);
    }

    fn md5_of(bytes: &[u8]) -> String {
        use md5::Digest;
        super::super::engine::hex(&md5::Md5::digest(bytes))
    }

    #[test]
    fn a_broken_rule_is_named_and_costs_only_itself() {
        let folder = Folder::new("broken");
        let broken = folder.write(
            "a/broken.yar",
            "rule good { condition: true }\n\nrule bad { condition: $missing }\nrule also { condition: good }\n",
        );
        let syntax = folder.write("b.yara", "rule r { condition: true }\nrule {\n");
        folder.write("c.yar", "import \"cuckoo\"\nrule c { condition: filename != \"\" }");
        folder.write("d.yar", "include \"c.yar\"\nrule d { condition: true }");
        folder.write("readme.txt", "not a rule");
        let (rules, problems) = load(&folder);
        let at = |path: &Path| problems.iter().find(|p| p.file == path.display().to_string()).unwrap();
        assert_eq!((at(&broken).line, at(&broken).reason.contains("missing")), (3, true), "{problems:?}");
        assert_eq!(at(&syntax).line, 2, "{problems:?}");
        let listed: Vec<String> = rules.list().into_iter().map(|rule| rule.id).collect();
        assert_eq!(listed, ["yara:good", "yara:also", "yara:r", "yara:c", "yara:d"], "{problems:?}");
        assert!(problems.iter().any(|p| p.reason.contains("include")), "{problems:?}");
    }

    #[test]
    fn a_file_with_a_broken_global_rule_is_left_out_whole() {
        let folder = Folder::new("global");
        folder.write("a.yar", "global rule narrow { condition: $x }\nrule wide { condition: true }");
        folder.write("b.yar", "rule kept { condition: true }");
        let (rules, problems) = load(&folder);
        assert_eq!(rules.list().into_iter().map(|rule| rule.id).collect::<Vec<_>>(), ["yara:kept"]);
        assert!(problems.iter().any(|p| p.reason.starts_with("left out whole")), "{problems:?}");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let (rules, problems) = Rules::load(false, &[PathBuf::from("no/such/rules.yar")], None);
        assert_eq!((problems.len(), problems[0].file.as_str()), (1, "no/such/rules.yar"));
        assert_eq!(rules.list(), []);
        let folder = Folder::new("utf8");
        fs::write(folder.0.join("a.yar"), b"rule a { condition: true } // \xff\xfe").unwrap();
        assert_eq!(load(&folder).1.len(), 1);
    }

    #[test]
    fn private_rules_serve_and_find_nothing_and_equal_names_in_two_files_are_two_rules() {
        let folder = Folder::new("private");
        folder.write("a.yar", "private rule p { condition: true } rule same { condition: p }");
        folder.write("b.yar", "rule same { condition: filesize == 1 }");
        let (rules, problems) = load(&folder);
        assert_eq!(problems, []);
        assert_eq!(rules.list().len(), 2);
        assert_eq!(rules.session().findings(&tree("a", b"ab")).len(), 1);
        assert_eq!(rules.session().findings(&tree("a", b"a")).len(), 2);
    }

    #[test]
    fn equal_artifacts_are_told_apart_only_where_a_rule_can() {
        let mut tree = tree("root.zip", b"PK\x03\x04");
        for name in ["a.js", "b.js", "b.txt"] {
            tree.add(Some(0), Child::new(name, "zip", b"needle".to_vec()));
        }
        let by_content = findings("rule r { strings: $a = \"needle\" condition: $a }", &tree);
        assert_eq!(by_content.iter().map(|f| f.artifact).collect::<Vec<_>>(), [1, 2, 3]);
        let by_name =
            findings("rule r { strings: $a = \"needle\" condition: $a and extension == \"js\" }", &tree);
        assert_eq!(by_name.iter().map(|f| f.artifact).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn one_rule_says_it_twenty_times_and_no_more() {
        let mut tree = tree("root.zip", b"PK\x03\x04");
        for number in 0..40u8 {
            tree.add(Some(0), Child::new("a", "zip", vec![b'x', number / 2]));
        }
        let found = findings("rule r { strings: $a = \"x\" condition: $a at 0 }", &tree);
        assert_eq!(found.len(), 20);
    }

    #[test]
    fn evidence_is_one_line_of_places_in_order() {
        let wide: Vec<u8> =
            "powershell -w hidden\u{202e}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bytes = [b"\x4c\0\0\0\x01".as_slice(), &wide, b"\0\0", &b"cmd ".repeat(60)].concat();
        let source = r#"rule r { strings: $c = "cmd" $p = "powershell" wide $h = { 4c 00 00 00 01 } $x = "hidden" wide
            condition: all of them }"#;
        let found = findings(source, &tree("a.bin", &bytes));
        let evidence = found[0].evidence.strip_suffix(" (rule r)").unwrap();
        assert_eq!(
            evidence,
            format!(
                "0x0: 4c00000001; 0x5: \"powershell -w hidden⟨U+202E⟩\"; 0x31: \"{}\"",
                "cmd ".repeat(12)
            )
        );
    }

    #[test]
    fn a_rule_that_takes_too_long_is_reported_and_not_silent() {
        let source = r#"rule slow { condition:
            for all i in (0..filesize - 1) : (for all j in (0..filesize - 1) : (uint8(i) + uint8(j) >= 0)) }"#;
        let folder = Folder::new("slow");
        folder.write("a.yar", source);
        let rules = load(&folder).0;
        let mut session = rules.session().with_time(std::time::Duration::from_secs(1));
        let found = session.findings(&tree("a", &b"ab".repeat(400_000)));
        assert_eq!((found.len(), found[0].rule.as_str()), (1, INCOMPLETE));
        assert_eq!((found[0].strength, found[0].evidence.as_str()), (Strength::Info, "timeout"));
    }

    #[test]
    fn a_name_of_a_megabyte_is_cut_for_the_rules() {
        let found =
            findings("rule r { condition: filename matches /^a{1000}$/ }", &tree(&"a".repeat(1 << 20), b"x"));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn our_own_signatures_compile_without_a_warning_and_are_not_slow() {
        for (file, source) in SIGNATURES {
            let mut compiler = yara_x::Compiler::new();
            compiler.enable_includes(false).error_on_slow_pattern(true);
            // The EICAR string is in hexadecimal on purpose; the loop over the files of a notebook is bounded by
            // the matches that are kept.
            for accepted in ["text_as_hex", "potentially_slow_loop"] {
                compiler.switch_warning(accepted, false).unwrap();
            }
            for name in super::super::engine::GLOBALS {
                compiler.define_global(name, "").unwrap();
            }
            compiler.add_source(*source).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(compiler.warnings().is_empty(), "{file}: {}", compiler.warnings()[0]);
        }
    }

    #[cfg(unix)]
    mod cached {
        use super::*;
        use std::os::unix::fs::{PermissionsExt, symlink};

        fn kept(folder: &Folder) -> Vec<PathBuf> {
            let entries = fs::read_dir(folder.0.join("tenpu")).into_iter().flatten();
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            paths
        }

        fn load_cached(folder: &Folder) -> (Rules, Vec<Problem>) {
            Rules::load(false, &[folder.0.join("a.yar")], Some(&folder.0.join("tenpu")))
        }

        #[test]
        fn what_the_cache_gives_is_what_compiling_gives() {
            let folder = Folder::new("cache-same");
            folder.write("a.yar", "rule a { strings: $a = \"x\" condition: $a }\nrule bad { condition: $y }");
            let (first, first_problems) = load_cached(&folder);
            let files = kept(&folder);
            assert_eq!(files.len(), 1);
            assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(folder.0.join("tenpu")).unwrap().permissions().mode() & 0o777, 0o700);
            let (second, second_problems) = load_cached(&folder);
            assert_eq!((first.list(), first_problems.len()), (second.list(), 1));
            assert_eq!(first_problems, second_problems);
            let tree = tree("a", b"..x");
            assert_eq!(first.session().findings(&tree), second.session().findings(&tree));
            assert_eq!(kept(&folder), files);
        }

        #[test]
        fn a_changed_file_is_compiled_anew_and_old_ones_are_forgotten() {
            let folder = Folder::new("cache-old");
            for number in 0..12 {
                folder.write("a.yar", &format!("rule r{number} {{ condition: true }}"));
                assert_eq!(load_cached(&folder).0.list()[0].id, format!("yara:r{number}"));
            }
            assert_eq!(kept(&folder).len(), 8);
        }

        #[test]
        #[expect(clippy::disallowed_methods, reason = "the test reads the file it had written")]
        fn a_damaged_file_is_not_believed() {
            let folder = Folder::new("cache-damaged");
            folder.write("a.yar", "rule a { condition: true }");
            load_cached(&folder);
            let file = kept(&folder).remove(0);
            let whole = fs::read(&file).unwrap();
            for cut in [0, 10, 32, 40, whole.len() - 1] {
                fs::write(&file, &whole[..cut]).unwrap();
                assert_eq!(load_cached(&folder).0.list().len(), 1);
                assert_eq!(fs::read(&file).unwrap().len(), whole.len(), "written anew");
            }
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 1;
            fs::write(&file, &flipped).unwrap();
            assert_eq!(load_cached(&folder).0.list().len(), 1);
        }

        #[test]
        fn what_others_could_have_written_is_not_used() {
            use super::super::cache::Cache;
            let folder = Folder::new("cache-others");
            let place = folder.0.join("tenpu");
            let cache = Cache::open(&place).unwrap();
            cache.write("a", b"content");
            assert_eq!(cache.read("a").unwrap(), b"content");
            let file = kept(&folder).remove(0);

            fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
            assert_eq!(cache.read("a"), None, "a file its group can write");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            fs::rename(&file, folder.0.join("elsewhere")).unwrap();
            symlink(folder.0.join("elsewhere"), &file).unwrap();
            assert_eq!(cache.read("a"), None, "a link");

            fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
            assert!(Cache::open(&place).is_none(), "a folder open to others");
            fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
            symlink(&place, folder.0.join("link")).unwrap();
            assert!(Cache::open(&folder.0.join("link")).is_none(), "a link to a folder");
            fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o777)).unwrap();
            assert!(Cache::open(&place).is_none(), "a folder above it open to others");
        }
    }
}
