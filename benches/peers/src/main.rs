//! The benchmark's record read in other ways, side by side: `cargo run --release --manifest-path
//! benches/peers/Cargo.toml`. Figures and what each of them leaves out are in BENCHMARKS.md.

#[path = "../../mapping/work/by_hand.rs"]
#[expect(dead_code, reason = "what the project's own benchmark measures beside")]
mod by_hand;
#[path = "../../mapping/measure.rs"]
mod measure;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bumpalo::Bump;
use jsonata_rs::JsonAta;
use pakn_bridge::pure::mapping;
use pakn_bridge::pure::wire::Limits;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, TargetValue, TimeZone};
use vrl::value;
use vrl::value::{Secrets, Value};

use by_hand::{Raw, RawAttachment, RawCode, RawSubmitter, RawTimes};
use measure::{compare, way};

const MAPPING: &str = concat!(include_str!("../../mapping/work/json.toml"), include_str!("../../mapping/work/fields.toml"));
const RECORD: &str = include_str!("../../mapping/work/record.json");

fn main() {
    let mapping = mapping::check("json.toml", MAPPING, mapping::NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap();
    let limits = Limits::default();

    let program = vrl::compiler::compile(include_str!("record.vrl"), &vrl::stdlib::all()).expect("VRL").program;
    let timezone = TimeZone::default();
    let vrl = || {
        let mut target = TargetValue {
            value: value!({ message: RECORD }),
            metadata: Value::Object(BTreeMap::new()),
            secrets: Secrets::default(),
        };
        let mut state = RuntimeState::default();
        program.resolve(&mut Context::new(&mut target, &mut state, &timezone)).expect("VRL");
        target.value
    };
    let jsonata = || {
        // Parsed once per document: the arena that holds the program holds every result too.
        let arena = Bump::new();
        let program = JsonAta::new(include_str!("record.jsonata"), &arena).expect("JSONata");
        program.evaluate(Some(RECORD), None).expect("JSONata").serialize(false).len()
    };
    println!("{}\n", jsonata_result());
    println!("{}\n", vrl());
    compare(
        "decode JSON: 1.4 KB, 15 fields, 2 attachments",
        vec![
            way("serde structs by hand", || by_hand::decode(RECORD.as_bytes())),
            way("mapping, one pass", || mapping.read_bytes(RECORD.as_bytes(), &limits)),
            way("serde_json::Value, then by hand", || by_value(RECORD.as_bytes())),
            way("VRL", vrl),
            way("JSONata (jsonata-rs)", jsonata),
        ],
    );
}

fn jsonata_result() -> String {
    let arena = Bump::new();
    let program = JsonAta::new(include_str!("record.jsonata"), &arena).expect("JSONata");
    program.evaluate(Some(RECORD), None).expect("JSONata").serialize(false)
}

/// The general tree first, then what the structs would have held.
fn by_value(bytes: &[u8]) -> Result<by_hand::Ticket, by_hand::Fault> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let text = |pointer: &str| value.pointer(pointer).and_then(serde_json::Value::as_str).map(Cow::Borrowed);
    let files = value["TepDinhKem"].as_array().map(Vec::as_slice).unwrap_or_default();
    let file = |file: &'_ serde_json::Value| -> RawAttachment<'static> {
        let text = |key: &str| file[key].as_str().map(|text| Cow::Owned(text.to_owned()));
        RawAttachment {
            id: text("MaTep").unwrap_or_default(),
            name: text("TenTep"),
            media_type: text("LoaiTep"),
            size: file["KichThuoc"].as_i64(),
            sha256: text("Sha256"),
            place: text("DuongDan"),
        }
    };
    by_hand::understand(Raw {
        id: text("/MaPhieu").ok_or("no id")?,
        version: text("/PhienBan"),
        reference: text("/MaDongBo"),
        number: text("/SoPhieu"),
        subject: text("/TieuDe"),
        content: text("/NoiDung"),
        submitter: RawSubmitter {
            name: text("/NguoiGui/HoTen"),
            phone: text("/NguoiGui/DienThoai"),
            email: text("/NguoiGui/ThuDienTu"),
            address: text("/NguoiGui/DiaChi"),
            citizen_id: text("/NguoiGui/SoDinhDanh"),
        },
        place: RawCode { code: text("/DonViHanhChinh/Ma") },
        agency: RawCode { code: text("/CoQuan/Ma") },
        status: RawCode { code: text("/TrangThai/Ma") },
        times: RawTimes { received: text("/ThoiGian/TiepNhan"), due: text("/ThoiGian/HanXuLy") },
        dossier: text("/SoHoSo"),
        after_hours: text("/NgoaiGio"),
        attachments: files.iter().map(file).collect(),
    })
}
