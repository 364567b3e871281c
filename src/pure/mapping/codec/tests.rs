//! All types beside each other: what each reads and prints, and that any text at all comes back.

use proptest::prelude::*;

use super::*;
use crate::pure::content::Packing;
use crate::pure::encoding::Encoding;
use crate::pure::mapping::codes::tests::{row, terms};
use crate::pure::mapping::instant::{InstantFormat, Pattern};

fn codes() -> Codes {
    let rows = vec![row("4", "received", "", ""), row("010", "received", "", ""), row("NO", "closed", "", "")];
    BTreeMap::from([("status".to_owned(), CodeTable::new("status", terms(true), rows))])
}

static NO_DATES: Dates = Dates::NONE;

fn sight(codes: &Codes) -> Sight<'_> {
    Sight::of(codes, &NO_DATES, Tz::UTC)
}

fn coded() -> Codec {
    Codec::Code(TableName("status".into()))
}

fn unit() -> Codec {
    Codec::Unit(Dated::By(Field::fixed("place_date")))
}

fn cut(most: usize, over: Over) -> Codec {
    Codec::Text(Text { limit: Some(Limit { most, count: Count::Characters, over }), encoding: None })
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn code(code: &str) -> Option<Value> {
    Some(Value::Code(code.into()))
}

#[test]
fn each_spelling_is_read_and_printed_as_declared() {
    let boolean =
        Codec::Boolean(Boolean { yes: vec!["True".into(), "1".into()], no: vec!["Không".into(), "False".into()] });
    let decimals = Decimals { scale: Some(2), point: ',' };
    let packed = Packed { packing: Packing::Base64, encoding: Encoding::Utf8 };
    let joined = Codec::List(List { item: Box::new(unit()), joined: Some(",".into()) });
    let table: Vec<(Codec, &str, Option<Value>, &str)> = vec![
        (Codec::plain(), " Biên Ho\u{300}a\r\nxa \n", text("Biên Hòa\nxa"), "Biên Hòa\nxa"),
        (cut(3, Over::Cut), "Đường", text("Đường"), "Đườ"),
        (coded(), "010", code("received"), "4"),
        (coded(), "NO", code("closed"), "NO"),
        (boolean.clone(), "1", Some(Value::Boolean(true)), "True"),
        (boolean.clone(), "False", Some(Value::Boolean(false)), "Không"),
        (boolean, "Kho\u{302}ng", Some(Value::Boolean(false)), "Không"),
        (Codec::Phone(PhoneStyle::Local), "+84 912.345.678", text("+84912345678"), "0912345678"),
        (Codec::CitizenId, "075 190 001 234", text("075190001234"), "075190001234"),
        (Codec::Agency(AgencyStyle::Qd20), "H19.12", code("000.00.12.H19"), "H19.12"),
        (unit(), "26368", code("26368"), "26368"),
        (
            joined,
            "26368, 26041",
            Some(Value::List(vec![Value::Code("26368".into()), Value::Code("26041".into())])),
            "26368,26041",
        ),
        (Codec::Decimal(decimals), "10,950", Some(Value::Decimal("10.95".parse().unwrap())), "10,95"),
        (Codec::Html(Markup::default()), "<p>Kính gửi</p>A &amp; B", text("Kính gửi\nA & B"), "Kính gửi<br>A &amp; B"),
        (Codec::Packed(packed), "xJDhuqV0IMSRYWk=", text("Đất đai"), "xJDhuqV0IMSRYWk="),
        (Codec::Integer, "-7", Some(Value::Integer(-7)), "-7"),
    ];
    for (codec, spelled, value, printed) in table {
        let parsed = codec.parse(spelled, sight(&codes())).unwrap();
        assert_eq!(parsed, value, "{spelled}");
        assert_eq!(codec.print(&parsed.unwrap(), sight(&codes())).unwrap(), printed, "{spelled}");
    }
}

#[test]
fn what_is_not_understood_is_never_guessed() {
    let boolean = Codec::Boolean(Boolean { yes: vec!["True".into()], no: vec!["False".into()] });
    for (codec, spelled, reason) in [
        (coded(), "10", "the unknown code `10` (table `status`)"),
        (boolean, "true", "neither true nor false: `true`"),
        (Codec::CitizenId, "1234567", "not a citizen id: 12 or 9 digits were expected"),
        (unit(), "2636x", "not a unit code: 5 or 3 or 2 digits were expected"),
        (Codec::Integer, "1.0", "not a whole number"),
    ] {
        assert_eq!(codec.parse(spelled, sight(&codes())).unwrap_err(), reason);
    }
}

#[test]
fn a_text_too_long_is_refused_where_the_system_would_refuse_it() {
    let codec = cut(2, Over::Refused);
    assert!(codec.print(&Value::Text("abc".into()), sight(&codes())).is_err());
    assert!(codec.print(&Value::Text("ab".into()), sight(&codes())).is_ok());
}

#[test]
fn blanks_are_nothing_in_every_type() {
    for codec in [Codec::plain(), Codec::Integer, unit(), coded()] {
        assert_eq!(codec.parse("  \n", sight(&codes())), Ok(None));
    }
}

/// One of each, in the forms that differ most.
fn all() -> Vec<Codec> {
    let instant = |pattern: &str| {
        Codec::Instant(Instants::new(InstantFormat::pattern(pattern, chrono_tz::Asia::Ho_Chi_Minh).unwrap()))
    };
    let legacy = |encoding| Codec::Text(Text { limit: None, encoding: Some(encoding) });
    let packed = |packing| Codec::Packed(Packed { packing, encoding: Encoding::Vni });
    vec![
        Codec::plain(),
        cut(7, Over::Cut),
        cut(7, Over::Ellipsis),
        cut(7, Over::Refused),
        legacy(Encoding::Tcvn3),
        legacy(Encoding::Vni),
        legacy(Encoding::Viscii),
        legacy(Encoding::Windows1258),
        coded(),
        Codec::Integer,
        Codec::Decimal(Decimals { scale: None, point: '.' }),
        Codec::Decimal(Decimals { scale: Some(3), point: ',' }),
        Codec::Boolean(Boolean { yes: vec!["Có".into(), "1".into()], no: vec!["Không".into()] }),
        instant("%Y%m%d%H%M%S"),
        instant("%d/%m/%Y %H:%M:%S%.3f"),
        Codec::Instant(Instants::new(InstantFormat::rfc3339(chrono_tz::UTC, 6))),
        Codec::Instant(Instants::new(InstantFormat::EpochSeconds)),
        Codec::Date(Days::new(Pattern::new("%d/%m/%Y", false).unwrap())),
        Codec::Phone(PhoneStyle::Local),
        Codec::Phone(PhoneStyle::E164),
        Codec::CitizenId,
        Codec::Agency(AgencyStyle::Qcvn102),
        Codec::Agency(AgencyStyle::Qd20),
        unit(),
        Codec::Html(Markup::default()),
        packed(Packing::Base64),
        packed(Packing::Base64Zip),
        Codec::List(List { item: Box::new(Codec::Agency(AgencyStyle::Qd20)), joined: Some(";".into()) }),
        Codec::List(List { item: Box::new(unit()), joined: None }),
    ]
}

proptest! {
    /// No text is a panic; what is understood is printed, read again as itself, and printed the same.
    #[test]
    fn what_any_text_means_comes_back(
        text in "\\PC{0,40}|[0-9+:TZ ./,-]{1,25}|[A-Z][0-9]{2}(\\.[1-9]){0,3}|(<[a-z/]{1,4}>|&[a-z]{2};|[ ađ\n]){1,20}|[A-Za-z0-9+/]{0,12}={0,2}",
    ) {
        let codes = codes();
        let sight = sight(&codes);
        for codec in all() {
            let Ok(Some(value)) = codec.parse(&text, sight) else { continue };
            let Ok(image) = codec.print(&value, sight) else { continue };
            let back = codec.parse(&image, sight).unwrap();
            if !codec.is_lossy(&codes) && !matches!(codec, Codec::Instant(_)) {
                prop_assert_eq!(back.as_ref(), Some(&value), "{:?}", codec);
            }
            if let Some(back) = &back {
                prop_assert_eq!(codec.print(back, sight).unwrap(), image, "{:?}", codec);
            }
        }
    }
}
