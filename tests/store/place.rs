//! Databases for tests.

use sqlx::AnyPool;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tenpu::store::Store;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A temporary folder, gone with its owner.
pub(crate) struct Folder(pub PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("tenpu-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// Where a test's store is.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub url: String,
    pub key: PathBuf,
    pub is_postgres: bool,
}

impl Database {
    pub(crate) fn sqlite(folder: &Folder) -> Self {
        let path = folder.0.join("a store.db");
        Self {
            url: format!("sqlite:{}", path.display()),
            key: path.with_extension("key"),
            is_postgres: false,
        }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url, Some(&self.key)).await.unwrap()
    }

    /// The database, around the store.
    pub(crate) async fn pool(&self) -> AnyPool {
        sqlx::any::install_default_drivers();
        let url = match self.url.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", path.replace(' ', "%20")),
            None => self.url.clone(),
        };
        AnyPool::connect(&url).await.unwrap()
    }
}

/// A running PostgreSQL.
pub(crate) struct Server {
    folder: PathBuf,
}

/// The PostgreSQL of this test program, started at the first call. None where it is not installed.
pub(crate) fn postgres() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(Server::start).as_ref();
    if server.is_none() {
        eprintln!("postgresql is not installed: the store was tested on SQLite alone");
    }
    server
}

impl Server {
    fn start() -> Option<Self> {
        let programs = newest_version()?;
        let folder = std::env::temp_dir().join(format!("tenpu-pg-{}", std::process::id()));
        let _old = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let data = folder.join("data");
        let is_root = run(Path::new("id"), &["-u"], false).is_some_and(|user| user.trim() == "0");
        if is_root {
            run(Path::new("chown"), &["postgres", folder.to_str()?], false)?;
        }
        let (data, socket) = (data.to_str()?, folder.to_str()?);
        let initdb =
            ["-D", data, "-U", "tenpu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        run(&programs.join("initdb"), &initdb, is_root)?;
        // The server watches over this program: it is started by a shell that stops it when the pipe closes.
        let start = format!(
            "\"{0}/postgres\" -D \"{data}\" -k \"{socket}\" -c listen_addresses= -c fsync=off -c max_connections=400 & server=$!; \
             read -r _; kill -INT $server; wait $server; rm -rf \"{socket}\"",
            programs.display()
        );
        let mut command = as_owner(Path::new("sh"), &["-c", &start], is_root);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        std::mem::forget(child.stdin?);
        let ready = programs.join("pg_isready");
        for _ in 0..1200 {
            if run(&ready, &["-h", socket, "-q"], false).is_some() {
                return Some(Self { folder });
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        None
    }

    /// A new database.
    pub(crate) fn database(&self, folder: &Folder) -> Database {
        let name = format!("t{}", COUNT.fetch_add(1, Ordering::SeqCst));
        let programs = newest_version().unwrap();
        let socket = self.folder.to_str().unwrap();
        run(&programs.join("createdb"), &["-h", socket, "-U", "tenpu", &name], false).unwrap();
        let host = socket.replace('/', "%2F");
        Database {
            url: format!("postgres://tenpu@{host}/{name}"),
            key: folder.0.join("postgres.key"),
            is_postgres: true,
        }
    }
}

/// Debian's folders of programs, the newest.
fn newest_version() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// PostgreSQL does not run as root.
fn as_owner(program: &Path, arguments: &[&str], is_root: bool) -> Command {
    let mut command = Command::new(if is_root { Path::new("setpriv") } else { program });
    if is_root {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    }
    command.args(arguments).current_dir("/");
    command
}

fn run(program: &Path, arguments: &[&str], is_root: bool) -> Option<String> {
    let output = as_owner(program, arguments, is_root).output().ok()?;
    if !output.status.success() {
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
