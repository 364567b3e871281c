//! A department with the tables of `examples/bang-phieu`, people who work in them, and our connector to them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Once};
use std::time::Duration;

use async_trait::async_trait;
use pakn_bridge::doors::connector::Remote;
use pakn_bridge::doors::connector::declared::{CallOptions, DeclaredRemote};
use pakn_bridge::pure::mapping::{self, Mapping};
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::side::{RemoteId, SystemName, Version};
use sha2::{Digest as _, Sha256};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{Any, AnyPool, AssertSqlSafe, Connection as _, MySqlConnection, Transaction};
use tempfile::TempDir;

use crate::contract::Side;
use crate::postgres;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
    MariaDb,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Postgres, Self::Sqlite, Self::MariaDb];

    const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::MariaDb => "mysql",
        }
    }

    /// The shipped mapping as such a database wants it.
    pub(crate) fn mapping(self) -> String {
        let text = fs::read_to_string(crate::harness::mapping("bang-phieu.toml")).unwrap();
        // The examples show PostgreSQL's own.
        let text = text.split_once("\n# ----").map_or(text.clone(), |_| match self {
            Self::Postgres => text.clone(),
            Self::Sqlite | Self::MariaDb => text.split("\n[[example]]").next().unwrap().to_owned(),
        });
        let text = text.replace("dialect = \"postgres\"", &format!("dialect = {:?}", self.name()));
        let text = text.replace("example = \"postgres:", &format!("example = \"{}:", self.name()));
        match self {
            Self::Postgres => text,
            Self::Sqlite => text
                .replace("decode(${item.base64}, 'base64')", "${item.base64}")
                .replace("encode(noi_dung, 'base64') as noi_dung", "noi_dung"),
            Self::MariaDb => text
                .replace(
                    "instant = { as = \"rfc3339\", zone = \"UTC\", digits = 3 }",
                    "instant = \"%Y-%m-%d %H:%M:%S%.6f\"",
                )
                .replace("decode(${item.base64}, 'base64')", "from_base64(${item.base64})")
                .replace("encode(noi_dung, 'base64') as noi_dung", "noi_dung"),
        }
    }
}

pub(crate) struct Department {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    database: AnyPool,
    mapping: Arc<Mapping>,
    remote: DeclaredRemote,
    _folder: TempDir,
}

impl Department {
    /// An empty department with a database of its own.
    pub(crate) async fn open(kind: Kind) -> Self {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(install_default_drivers);
        crate::harness::client();
        let folder = tempfile::tempdir().unwrap();
        let url = match kind {
            Kind::Postgres => postgres::database().await,
            Kind::Sqlite => {
                let file = folder.path().join("phieu.db");
                fs::write(&file, "").unwrap();
                format!("sqlite://{}", file.display())
            }
            Kind::MariaDb => mariadb().await,
        };
        let tables =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bang-phieu").join(format!("{}.sql", kind.name()));
        let database = AnyPoolOptions::new().max_connections(2).connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(fs::read_to_string(tables).unwrap())).execute(&database).await.unwrap();
        let (mapping, remote) = connect(kind, &url);
        Self { kind, url, database, mapping, remote, _folder: folder }
    }

    /// A connector to a place where no such database is.
    pub(crate) fn elsewhere(&self) -> DeclaredRemote {
        let url = match self.kind {
            Kind::Sqlite => "sqlite:///nowhere/phieu.db".to_owned(),
            Kind::Postgres => "postgres://ai:do@127.0.0.1:1/phieu".to_owned(),
            Kind::MariaDb => self.url.replace("cau:thu", "cau:sai"),
        };
        connect(self.kind, &url).1
    }

    /// What a person does there.
    pub(crate) async fn run(&self, sql: String) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.database).await.unwrap();
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.database).await.unwrap()
    }

    pub(crate) async fn text(&self, sql: String) -> String {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.database).await.unwrap()
    }

    /// A whole ticket, as an officer enters it; its id.
    pub(crate) async fn person_reports(&self, subject: &str) -> String {
        self.run(format!(
            "insert into phieu (tieu_de, loai, kenh, noi_dung, linh_vuc, muc_do, nguoi_gui, dien_thoai, dia_chi, don_vi)
             values ({}, 'PA', 'DT', 'Trước số 5', 'GT', 'T', 'Nguyễn Thị Hoà', '0912345678', '12 Đồng Khởi', '000.00.12.H19')",
            quoted(subject)
        ))
        .await;
        self.number("select max(id) from phieu").await.to_string()
    }

    /// So many tickets at once.
    pub(crate) async fn fill(&self, count: usize) {
        let mut sql = "insert into phieu (tieu_de) values ('Phiếu 0')".to_owned();
        for number in 1..count {
            write!(sql, ", ('Phiếu {number}')").unwrap();
        }
        self.run(sql).await;
    }

    /// When the newest ticket changed.
    pub(crate) async fn newest(&self) -> Timestamp {
        let page = self.remote.changes(&Default::default(), None).await.unwrap();
        page.rows.iter().filter_map(|row| row.changed).max().unwrap()
    }

    pub(crate) async fn version_of(&self, id: &RemoteId) -> Option<Version> {
        self.read(id).await.version
    }

    /// Somebody else's transaction that has every ticket in hand.
    pub(crate) async fn locked(&self) -> Transaction<'static, Any> {
        let mut transaction = self.database.begin().await.unwrap();
        sqlx::query("update phieu set tieu_de = tieu_de").execute(&mut *transaction).await.unwrap();
        transaction
    }
}

fn connect(kind: Kind, url: &str) -> (Arc<Mapping>, DeclaredRemote) {
    let settings = [("url".to_owned(), url.to_owned())].into();
    let mapping = mapping::load("bang-phieu.toml", &kind.mapping(), &settings, mapping::NOTHING_BESIDE);
    let mapping = mapping.unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(mapping::Problem::render_text).collect::<String>())
    });
    let mapping = Arc::new(mapping);
    let options = CallOptions {
        per_second: 0,
        connect_timeout: Duration::from_secs(5),
        call_timeout: Duration::from_secs(2),
        ..CallOptions::default()
    };
    let remote = DeclaredRemote::new(SystemName::from("phieu"), Arc::clone(&mapping), &options).unwrap();
    (mapping, remote)
}

/// Makes a database on the tests' MariaDB server; gives its URL.
async fn mariadb() -> String {
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mariadb/server");
    let told = tokio::task::spawn_blocking(move || Command::new(server).arg("url").output().unwrap()).await.unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let mut url: url::Url = String::from_utf8(told.stdout).unwrap().trim().parse().unwrap();
    let name = format!("phieu_{:016x}", rand::random::<u64>());
    let mut admin = MySqlConnection::connect(url.as_str()).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    url.set_path(&name);
    url.to_string()
}

/// A text as all of them write it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[async_trait]
impl Side for Department {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn remote(&self) -> &dyn Remote {
        &self.remote
    }

    fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    fn tells_time(&self) -> bool {
        false
    }

    /// The others don't tell the name of a check.
    fn names_refused(&self) -> bool {
        self.kind == Kind::Postgres
    }

    fn tells_gone(&self) -> bool {
        false
    }

    async fn person_creates(&self, subject: &str) -> String {
        self.run(format!("insert into phieu (tieu_de) values ({})", quoted(subject))).await;
        self.number("select max(id) from phieu").await.to_string()
    }

    async fn person_replies(&self, id: &str, text: &str) {
        self.run(format!("insert into tra_loi (phieu_id, noi_dung) values ({id}, {})", quoted(text))).await;
    }

    async fn person_attaches(&self, id: &str, name: &str, media_type: &str, bytes: &'static [u8]) {
        let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let content = match self.kind {
            Kind::Postgres => format!("decode('{hex}', 'hex')"),
            Kind::MariaDb => format!("x'{hex}'"),
            Kind::Sqlite => {
                use base64::Engine as _;
                quoted(&base64::engine::general_purpose::STANDARD.encode(bytes))
            }
        };
        self.run(format!(
            "insert into tep (phieu_id, ten, loai, kich_thuoc, sha256, noi_dung) values ({id}, {}, {}, {}, '{sha256}', {content})",
            quoted(name),
            quoted(media_type),
            bytes.len()
        ))
        .await;
    }
}
