//! A file inside a text: base64, or base64 of a zip that holds it. Bounded, whatever a zip says about itself.

use std::io::{Cursor, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Most entries of a zip; it carries one file.
pub const MAX_ZIP_ENTRIES: usize = 100;
/// Name of the one file where none is known.
const NAMELESS: &str = "content";

/// How a file stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Base64 of its bytes.
    Base64,
    /// Base64 of a zip that holds it.
    Base64Zip,
}

/// Why a text holds no file. Names no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unpackable {
    /// Other characters, or a cut text.
    #[error("the content is no base64")]
    NoBase64,
    /// Not a zip, or a broken one.
    #[error("the content is no zip")]
    NoZip,
    /// A zip without a file.
    #[error("an empty zip")]
    Empty,
    /// Too many to look through.
    #[error("a zip of more than {MAX_ZIP_ENTRIES} entries")]
    Crowded,
    /// Several files, and none or more than one has the name.
    #[error("a zip of several files, none or several of which have the attachment's name")]
    Several,
    /// Larger than it may be.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// What it may have, bytes.
        limit: u64,
    },
}

/// The bytes of a file. `name` chooses among several in a zip; `limit` is the most that it may have, bytes.
///
/// # Errors
/// Why there is none.
pub fn unpack(text: &str, packing: Packing, name: Option<&str>, limit: u64) -> Result<Vec<u8>, Unpackable> {
    let no_base64 = |_| Unpackable::NoBase64;
    let bytes = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).map_err(no_base64)?
    } else {
        STANDARD.decode(text).map_err(no_base64)?
    };
    let bytes = match packing {
        Packing::Base64 => bytes,
        Packing::Base64Zip => unzip(bytes, name, limit)?,
    };
    if bytes.len() as u64 > limit { Err(Unpackable::TooLarge { limit }) } else { Ok(bytes) }
}

/// A file as a text. The same bytes and name always give the same text.
///
/// # Errors
/// Where it can't be packed.
pub fn pack(bytes: &[u8], packing: Packing, name: Option<&str>) -> Result<String, String> {
    match packing {
        Packing::Base64 => Ok(STANDARD.encode(bytes)),
        Packing::Base64Zip => Ok(STANDARD.encode(zipped(bytes, name.unwrap_or(NAMELESS))?)),
    }
}

fn unzip(bytes: Vec<u8>, name: Option<&str>, limit: u64) -> Result<Vec<u8>, Unpackable> {
    let no_zip = |_| Unpackable::NoZip;
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(no_zip)?;
    if zip.len() > MAX_ZIP_ENTRIES {
        return Err(Unpackable::Crowded);
    }
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(no_zip)?;
        if !entry.is_dir() {
            files.push((index, Some(last_part(entry.name())) == name.map(last_part)));
        }
    }
    let named: Vec<usize> = files.iter().filter(|(_, named)| *named).map(|(index, _)| *index).collect();
    let index = match (files.as_slice(), named.as_slice()) {
        ([(only, _)], _) | (_, [only]) => *only,
        ([], _) => return Err(Unpackable::Empty),
        _ => return Err(Unpackable::Several),
    };
    let entry = zip.by_index(index).map_err(no_zip)?;
    // What it says about its size is not to be believed: the reader stops by itself.
    let mut content = Vec::new();
    entry.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(|_| Unpackable::NoZip)?;
    if content.len() as u64 > limit { Err(Unpackable::TooLarge { limit }) } else { Ok(content) }
}

fn zipped(bytes: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let bad = |error: zip::result::ZipError| format!("it can't be put into a zip: {error}");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // No time of ours: the same file makes the same zip.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    zip.start_file(last_part(name), options).map_err(bad)?;
    zip.write_all(bytes).map_err(|error| bad(error.into()))?;
    Ok(zip.finish().map_err(bad)?.into_inner())
}

/// A file's name without folders.
fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [Packing; 2] = [Packing::Base64, Packing::Base64Zip];

    fn zip_of(files: &[(&str, &[u8])]) -> String {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        STANDARD.encode(zip.finish().unwrap().into_inner())
    }

    #[test]
    fn one_file_or_the_named_one_is_taken() {
        let one = zip_of(&[("thu-muc/don.pdf", b"%PDF")]);
        assert_eq!(unpack(&one, Packing::Base64Zip, Some("khac.pdf"), 10).unwrap(), b"%PDF");
        let two = zip_of(&[("don.pdf", b"%PDF"), ("anh.jpg", b"JFIF")]);
        assert_eq!(unpack(&two, Packing::Base64Zip, Some("anh.jpg"), 10).unwrap(), b"JFIF");
        assert!(unpack(&two, Packing::Base64Zip, None, 10).unwrap_err().to_string().starts_with("a zip of several"));
        assert_eq!(unpack("SGVs\r\n bG8=", Packing::Base64, None, 10).unwrap(), b"Hello");
    }

    #[test]
    fn what_is_too_large_or_no_zip_is_refused() {
        let bomb = pack(&vec![0; 5_000_000], Packing::Base64Zip, Some("bom")).unwrap();
        assert!(bomb.len() < 20_000);
        assert_eq!(
            unpack(&bomb, Packing::Base64Zip, None, 1_000_000).unwrap_err().to_string(),
            "the file is larger than 1000000 bytes"
        );
        assert_eq!(
            unpack("QUJD", Packing::Base64, None, 2).unwrap_err().to_string(),
            "the file is larger than 2 bytes"
        );
        assert_eq!(unpack("QUJD", Packing::Base64Zip, None, 9).unwrap_err().to_string(), "the content is no zip");
        assert_eq!(unpack("Q*JD", Packing::Base64, None, 9).unwrap_err().to_string(), "the content is no base64");
        assert_eq!(unpack(&zip_of(&[]), Packing::Base64Zip, None, 9).unwrap_err().to_string(), "an empty zip");
        let names: Vec<String> = (0..=MAX_ZIP_ENTRIES).map(|number| number.to_string()).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert!(
            unpack(&zip_of(&many), Packing::Base64Zip, Some("1"), 9)
                .unwrap_err()
                .to_string()
                .starts_with("a zip of more than")
        );
    }

    /// A zip with something changed in its raw bytes.
    fn raw(text: &str, change: impl Fn(&mut Vec<u8>)) -> String {
        let mut bytes = STANDARD.decode(text).unwrap();
        change(&mut bytes);
        STANDARD.encode(bytes)
    }

    /// Writes `value` where `mark` and so many bytes behind it stand, wherever that is.
    fn patch(bytes: &mut [u8], mark: &[u8], behind: usize, value: &[u8]) {
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark)).collect();
        for at in places {
            bytes[at + behind..at + behind + value.len()].copy_from_slice(value);
        }
    }

    #[test]
    fn each_hostile_zip_has_the_verdict_that_is_told() {
        const LIMIT: u64 = 1_000_000;
        const LOCAL: &[u8] = b"PK\x03\x04";
        const CENTRAL: &[u8] = b"PK\x01\x02";
        let bomb = pack(&vec![0; 50_000_000], Packing::Base64Zip, Some("bom")).unwrap();
        let named = |count: usize| {
            let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
            zip_of(&files)
        };
        let one = zip_of(&[("don.pdf", b"%PDF")]);
        let rows = [
            ("50 MB in 50 kB", bomb.clone(), "the file is larger than 1000000 bytes"),
            (
                "the same, said to be 4 bytes",
                raw(&bomb, |bytes| {
                    patch(bytes, LOCAL, 22, &4_u32.to_le_bytes());
                    patch(bytes, CENTRAL, 24, &4_u32.to_le_bytes());
                }),
                "the file is larger than 1000000 bytes",
            ),
            ("a zip in a zip", zip_of(&[("trong.zip", &STANDARD.decode(&bomb).unwrap())]), "read"),
            ("65000 files", named(65_000), "a zip of more than 100 entries"),
            ("no file", zip_of(&[]), "an empty zip"),
            ("a name that leads elsewhere", zip_of(&[("../../etc/passwd", b"x")]), "read"),
            (
                "two files of the name",
                zip_of(&[("a/don.pdf", b"1"), ("b/don.pdf", b"2")]),
                "a zip of several files, none or several of which have the attachment's name",
            ),
            ("a wrong checksum", raw(&one, |bytes| patch(bytes, CENTRAL, 16, &[0; 4])), "the content is no zip"),
            ("a password", raw(&one, |bytes| patch(bytes, CENTRAL, 8, &[1, 0])), "the content is no zip"),
            (
                "a compression that nobody knows",
                raw(&one, |bytes| patch(bytes, CENTRAL, 10, &[99, 0])),
                "the content is no zip",
            ),
            ("cut in the middle", raw(&one, |bytes| bytes.truncate(40)), "the content is no zip"),
            ("another file", STANDARD.encode(b"%PDF-1.4"), "the content is no zip"),
            ("no base64", "PK!".to_owned(), "the content is no base64"),
        ];
        let told = include_str!("../../docs/hostile-documents.md");
        for (name, text, expected) in rows {
            let found = unpack(&text, Packing::Base64Zip, Some("don.pdf"), LIMIT);
            let verdict = found.map_or_else(|error| error.to_string(), |_| "read".to_owned());
            assert_eq!(verdict, expected, "{name}");
            let row = format!("| zip | {name} | {expected} |");
            assert!(told.lines().any(|line| line == row), "docs/hostile-documents.md lacks this line:\n{row}");
        }
    }

    proptest! {
        #[test]
        fn files_come_back_and_pack_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200), name in "\\PC{1,12}") {
            for packing in BOTH {
                let packed = pack(&bytes, packing, Some(&name)).unwrap();
                prop_assert_eq!(&pack(&bytes, packing, Some(&name)).unwrap(), &packed);
                prop_assert_eq!(&unpack(&packed, packing, Some(&name), 200).unwrap(), &bytes);
            }
        }

        #[test]
        fn no_zip_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), at in 0_usize..200, with in any::<u8>()) {
            let mut broken = STANDARD.decode(zip_of(&[("a", &bytes), ("b", b"x")])).unwrap();
            let at = at % broken.len();
            broken[at] = with;
            for text in [STANDARD.encode(&bytes), STANDARD.encode(&broken)] {
                if let Ok(content) = unpack(&text, Packing::Base64Zip, Some("a"), 100) {
                    prop_assert!(content.len() <= 100);
                }
            }
        }
    }
}
