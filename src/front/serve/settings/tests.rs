use super::super::milter::policy::Action;
use super::*;

fn read(name: &str, text: &str) -> anyhow::Result<Settings> {
    let path = std::env::temp_dir().join(format!("tenpu-serve-{}-{name}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let settings = Settings::read(&path);
    std::fs::remove_file(&path).unwrap();
    settings
}

#[test]
fn every_section_is_read() {
    let text = "[milter]\nlisten = [\"inet:127.0.0.1:1\", \"unix:/run/m\"]\nmode = \"0666\"\n\
        subject = \"[要注意] \"\n[clamd]\nlisten = \"inet:2@localhost\"\nunverified = \"ok\"\n\
        [olefy]\nlisten = \"inet:localhost:3\"\n[policy]\nmalicious = \"reject\"\nfailure = \"accept\"\n\
        [serve]\nconnections = 3\nwait = 4\nisolation = \"thread\"\nlockdown = \"require\"\n\
         cache = 0\nworker_memory = 5\n[scan]\njobs = 2\n[limits]\ntime = 3\n\
         [log]\nlevel = \"warning\"\n[http]\nlisten = \"127.0.0.1:4\"\n";
    let settings = read("good", text).unwrap();
    assert_eq!((settings.listens.len(), settings.level), (5, Level::Warning));
    assert_eq!(settings.listens.iter().find(|listen| listen.front == Front::Milter).unwrap().mode, 0o666);
    assert_eq!((settings.policy.malicious, settings.policy.failure), (Action::Reject, Action::Accept));
    assert_eq!(settings.policy.suspicious, Action::Tag);
    let milter = settings.milter(&"inet:127.0.0.1:1".parse().unwrap());
    assert_eq!((milter.subject.as_str(), settings.clamd.unverified), ("[要注意] ", Some(Told::Ok)));
    assert_eq!((settings.bounds.connections, settings.bounds.wait), (3, Duration::from_secs(4)));
    assert_eq!(settings.bounds.grace, Bounds::default().grace);
    let workers =
        Options { isolation: Isolation::Thread, lockdown: Lockdown::Require, cache: 0, memory: Some(5) };
    assert_eq!(settings.workers, workers);
}

#[test]
fn listeners_have_subjects_and_policies_of_their_own() {
    let text = "[policy]\nsuspicious = \"defer\"\nown_networks = [\"192.0.2.0/24\"]\n\
        own_domains = [\"own.test\"]\n[policy.outgoing]\nsuspicious = \"reject\"\n\
        [[milter]]\nlisten = \"inet:a:1\"\nsubject = \"[x] \"\n\
        [[milter]]\nlisten = \"inet:a:2\"\n[milter.policy]\nmalicious = \"discard\"\n\
        [[exception]]\nname = \"old\"\nreason = \"r\"\nclient = \"192.0.2.1\"\nrule = \"x\"\n\
        until = 2001-01-01\n\
        [[exception]]\nname = \"new\"\nreason = \"r\"\nclient = \"192.0.2.1\"\nrule = \"x\"\n";
    let settings = read("several", text).unwrap();
    let milter = |n: usize| settings.milter(&settings.listens[n].address);
    assert_eq!((milter(0).subject.as_str(), milter(0).rows), ("[x] ", Rows::default()));
    assert_eq!(milter(1).subject, "[tenpu: {verdict}] ");
    let mut policy = Policy::default();
    milter(1).rows.general(&mut policy);
    assert_eq!(policy.malicious, Action::Discard);
    assert_eq!((settings.policy.malicious, settings.policy.suspicious), (Action::Quarantine, Action::Defer));
    assert_eq!((settings.book.own_networks.len(), settings.book.own_domains.len()), (1, 1));
    let names: Vec<_> = settings.book.exceptions.iter().map(|exception| exception.name()).collect();
    assert_eq!(names, ["new"]);
}

#[test]
fn slips_are_named() {
    let rows = [
        ("", "no section says where"),
        ("[miltre]\nlisten = \"inet:a:1\"\n", "miltre"),
        ("[milter]\nlisten = \"inet:a\"\n", "inet:a"),
        ("[milter]\nmode = \"0660\"\n", "listen"),
        ("[milter]\nlisten = []\n", "listen"),
        ("[milter]\nlisten = \"unix:/x\"\nmode = \"rw\"\n", "octal"),
        ("[milter]\nlisten = \"unix:/x\"\nsubject = \"a\\nb\"\n", "subject"),
        ("[policy]\nmalicious = \"delete\"\n", "delete"),
        ("[policy]\nmalicous = \"reject\"\n", "malicous"),
        ("[policy.outgoing]\nmalicous = \"reject\"\n", "malicous"),
        ("[policy]\nown_networks = [\"192.0.2.1/24\"]\n", "192.0.2.1/24"),
        ("[policy]\nown_domains = [\"@a.test\"]\n", "own_domains"),
        ("[[milter]]\nlisten = \"unix:/x\"\n[milter.policy]\nown_networks = []\n", "own_networks"),
        ("[exception]\nname = \"x\"\n", "[[exception]]"),
        ("[clamd]\nlisten = \"unix:/x\"\nunverified = \"error\"\n", "found"),
        ("[serve]\nconnections = 0\n", "connections"),
        ("[log]\nlevel = \"loud\"\n", "loud"),
        ("[serve]\nisolation = \"chroot\"\n", "chroot"),
        ("[serve]\nlockdown = \"maybe\"\n", "maybe"),
    ];
    for (n, (text, word)) in rows.iter().enumerate() {
        let error = format!("{:#}", read(&format!("bad{n}"), text).unwrap_err());
        assert!(error.contains(word), "{error}");
    }
}
