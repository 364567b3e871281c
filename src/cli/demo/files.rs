//! What the demonstration writes into its folder: a config, the three mapping files, and the secrets as files of their
//! own. The same files that a province would write.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::faces::sandbox::Sandbox;
use crate::pure::messages::Language;

/// The shipped mapping files that the demonstration uses.
const MAPPINGS: [(&str, &str); 3] = [
    ("tongdai-1022.toml", include_str!("../../../mappings/tongdai-1022.toml")),
    ("dvcqg.toml", include_str!("../../../mappings/dvcqg.toml")),
    ("phapluat.toml", include_str!("../../../mappings/phapluat.toml")),
];

/// Writes everything and gives the config's path.
///
/// # Errors
/// Where a file can't be written.
pub fn write(dir: &Path, sandbox: &Sandbox, language: Language) -> std::io::Result<PathBuf> {
    let mappings = dir.join("mappings");
    let secrets = dir.join("secrets");
    fs::create_dir_all(&mappings)?;
    fs::create_dir_all(&secrets)?;
    for (name, text) in MAPPINGS {
        fs::write(mappings.join(name), text)?;
    }
    let known = sandbox.credentials();
    secret(&secrets.join("tongdai-key"), &known.hotline_key)?;
    secret(&secrets.join("dvcqg-password"), &known.portal_password)?;
    secret(&secrets.join("phapluat-password"), &known.legal_password)?;
    let config = dir.join("bridge.toml");
    fs::write(&config, text(sandbox, language))?;
    Ok(config)
}

/// Writes a secret that only its owner can read.
fn secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn text(sandbox: &Sandbox, language: Language) -> String {
    let (urls, known) = (sandbox.urls(), sandbox.credentials());
    format!(
        r#"# Written by `pakn-bridge demo`. Try: pakn-bridge -c bridge.toml status

language = "{language}"

[store]
path = "bridge.db"

[report]
issuer = ["UBND TỈNH (MÔ PHỎNG)", "TỔNG ĐÀI 1022 (MÔ PHỎNG)"]
[report.agency]
"000.00.01.H19" = "Trung tâm 1022"
"000.00.02.H19" = "Văn phòng UBND thành phố"
"000.00.03.H19" = "Sở Tư pháp"
"000.00.04.H19" = "Sở Nội vụ"
"000.00.05.H19" = "Sở Tài chính"
"000.00.06.H19" = "Sở Y tế"
"000.00.07.H19" = "Sở Giáo dục và Đào tạo"
"000.00.08.H19" = "Sở Công Thương"
"000.00.09.H19" = "Công an thành phố"
"000.00.12.H19" = "Sở Xây dựng"
"000.00.15.H19" = "Sở Nông nghiệp và Môi trường"
"000.00.18.H19" = "Sở Văn hóa, Thể thao và Du lịch"
"000.00.41.H19" = "UBND phường Trảng Dài"
"000.00.42.H19" = "UBND phường Trấn Biên"
"000.00.43.H19" = "UBND phường Long Thành"
"000.00.44.H19" = "UBND xã Xuân Lộc"
"000.00.45.H19" = "UBND phường Nhơn Trạch"
"000.00.46.H19" = "UBND phường Trảng Bom"

[schedule]                       # minute hour day month weekday, Asia/Ho_Chi_Minh
sync   = "* * * * *"
full   = "0 2 * * *"
report = "30 6 * * *"

[system.tongdai-1022]
mapping = "mappings/tongdai-1022.toml"
setting = {{ url = "{hotline}", key = {{ file = "secrets/tongdai-key" }} }}
limit   = {{ rate = 0, concurrency = 8, timeout = "10s" }}

[system.dvcqg]
mapping = "mappings/dvcqg.toml"
setting = {{ url = "{portal}", username = "{portal_user}", password = {{ file = "secrets/dvcqg-password" }} }}
limit   = {{ rate = 0, concurrency = 8, timeout = "10s" }}

[system.phapluat]
mapping = "mappings/phapluat.toml"
setting = {{ url = "{legal}", username = "{legal_user}", password = {{ file = "secrets/phapluat-password" }} }}
limit   = {{ rate = 0, concurrency = 8, timeout = "10s" }}

[[link]]                         # feedback on administration goes to the national portal, and comes from there
name     = "pakn"
province = "tongdai-1022"
national = "dvcqg"
up       = [{{ kind = ["feedback"] }}]
down     = [{{}}]
[link.owner]                     # a person decides where both sides changed one field
default  = "person"

[[link]]                         # feedback on legal texts goes to the Ministry of Justice
name     = "phapluat"
province = "tongdai-1022"
national = "phapluat"
up       = [{{ kind = ["legal_text"] }}]
down     = [{{}}]
[link.owner]                     # a person decides where both sides changed one field
default  = "person"
"#,
        hotline = urls.hotline,
        portal = urls.portal,
        legal = urls.legal,
        portal_user = known.portal_user,
        legal_user = known.legal_user,
    )
}
