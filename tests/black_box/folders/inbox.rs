//! A folder of an exchange, people who drop files into it, and our connector to it.

use std::fs::{self, File, FileTimes};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use pakn_bridge::doors::connector::Remote;
use pakn_bridge::doors::connector::declared::{CallOptions, DeclaredRemote};
use pakn_bridge::pure::mapping::{self, Mapping};
use pakn_bridge::words::clock::now;
use pakn_bridge::words::side::SystemName;
use serde_json::json;
use tempfile::TempDir;

use crate::contract::Side;

pub(crate) struct Inbox {
    folder: TempDir,
    mapping: Arc<Mapping>,
    remote: DeclaredRemote,
    made: AtomicUsize,
}

impl Inbox {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        Self::of(folder)
    }

    /// The same folder, and a connector of a new process.
    pub(crate) fn restarted(self) -> Self {
        Self::of(self.folder)
    }

    fn of(folder: TempDir) -> Self {
        let text = fs::read_to_string(crate::harness::mapping("thu-muc.toml")).unwrap();
        let settings = [("folder".to_owned(), folder.path().display().to_string())].into();
        let mapping = mapping::load("thu-muc.toml", &text, &settings, mapping::NOTHING_BESIDE);
        let mapping = Arc::new(mapping.unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(mapping::Problem::render_text).collect::<String>())
        }));
        let options = CallOptions { per_second: 0, ..CallOptions::default() };
        let remote = DeclaredRemote::new(SystemName::from("thu-muc"), Arc::clone(&mapping), &options).unwrap();
        Self { folder, mapping, remote, made: AtomicUsize::new(0) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A document as their program writes it.
    pub(crate) fn document(&self, number: &str, subject: &str) -> String {
        json!({ "so": number, "loai": "phan-anh", "tieu_de": subject, "noi_dung": "Trước số 5",
            "nguoi_gui": { "ten": "Nguyễn Thị Hoà", "dien_thoai": "0912345678" }, "tinh_trang": "moi",
            "nhan_luc": "2026-11-20T08:15:00+07:00", "to": 3 })
        .to_string()
    }

    /// Drops a file that was written to so many seconds ago.
    pub(crate) fn drop_file(&self, name: &str, text: &str, seconds: u64) {
        let place = self.path("in").join(name);
        fs::write(&place, text).unwrap();
        let then = SystemTime::from(now()) - Duration::from_secs(seconds);
        File::options().write(true).open(&place).unwrap().set_times(FileTimes::new().set_modified(then)).unwrap();
    }

    /// What is in one of its folders.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What failed, without the instant before its name, and why.
    pub(crate) fn reasons(&self) -> Vec<(String, String)> {
        let names = self.names("failed");
        let mut reasons: Vec<(String, String)> = names
            .iter()
            .filter(|name| !name.ends_with(".reason.txt"))
            .map(|name| {
                let reason = fs::read_to_string(self.path("failed").join(format!("{name}.reason.txt"))).unwrap();
                (name.split_once('-').unwrap().1.to_owned(), reason)
            })
            .collect();
        reasons.sort();
        reasons
    }
}

#[async_trait]
impl Side for Inbox {
    fn name(&self) -> &str {
        "thu-muc"
    }

    fn remote(&self) -> &dyn Remote {
        &self.remote
    }

    fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    fn names_refused(&self) -> bool {
        false
    }

    /// A file takes whatever is written.
    fn refuses(&self) -> bool {
        false
    }

    /// One file a ticket has no version of its own in it.
    fn has_versions(&self) -> bool {
        false
    }

    async fn person_creates(&self, subject: &str) -> String {
        let number = format!("PA-{:06}", self.made.fetch_add(1, Ordering::SeqCst));
        self.drop_file(&format!("{number}.json"), &self.document(&number, subject), 5);
        number
    }

    async fn person_replies(&self, _id: &str, _text: &str) {}

    async fn person_attaches(&self, _id: &str, _name: &str, _media_type: &str, _bytes: &'static [u8]) {}
}
