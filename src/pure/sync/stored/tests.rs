//! What is written comes back as it was, in few bytes, and what an older program wrote comes back as well.

use proptest::prelude::*;

use super::*;
use crate::pure::sync::case::PlannedField;
use crate::pure::sync::observe::new_pair;
use crate::words::record::{Cell, Image};
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

const SUBJECT: Field = Field::fixed("subject");
const TEXT: Field = Field::fixed("text");

fn pair(kind: RecordKind, name: &str) -> Pair {
    new_pair(kind, name.into(), Side::Province)
}

fn case(ticket: Pair, children: Vec<Pair>) -> Case {
    Case { link: "pakn".into(), ticket, children, intents: Vec::new(), revision: 0 }
}

fn back<T: Serialize + for<'de> Deserialize<'de>>(what: &T) -> T {
    let json = serde_json::to_string(what).unwrap();
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn image() -> impl Strategy<Value = Image> {
    prop_oneof![Just(None), "[ab\"ế]{0,2}".prop_map(|text| Some(text.into()))]
}

fn cell() -> impl Strategy<Value = Cell> {
    let value = prop_oneof![
        Just(None),
        "[ab]{0,2}".prop_map(|text| Some(Value::Text(text.into()))),
        "[ab]{0,2}".prop_map(|text| Some(Value::Code(text.into()))),
        any::<i64>().prop_map(|number| Some(Value::Integer(number))),
    ];
    let same = "[ab\"ế]{0,2}".prop_map(|text| Cell::spelled(&text, Value::Text(text.as_str().into())));
    let trimmed = "[ a]{0,3}".prop_map(|image| Cell::spelled(&image, Value::Text(image.trim().into())));
    prop_oneof![same, trimmed, (image(), value).prop_map(|(image, value)| Cell { image, value })]
}

/// One field of a pair: alike on both sides, or anything.
fn shown() -> impl Strategy<Value = (Option<Cell>, Option<Cell>, Option<Sides<Image>>)> {
    let alike = cell().prop_map(|cell| {
        let base = Sides { province: cell.image.clone(), national: cell.image.clone() };
        (Some(cell.clone()), Some(cell), Some(base))
    });
    let plain = ("[ a]{0,3}", any::<bool>()).prop_map(|(image, turned)| {
        let value = Some(Value::Text(image.trim().into()));
        let (one, other) = (
            Cell { image: Some(image.trim().into()), value: value.clone() },
            Cell { image: Some(image.as_str().into()), value },
        );
        let (one, other) = if turned { (one, other) } else { (other, one) };
        (Some(one), Some(other), None)
    });
    let base = (image(), image()).prop_map(|(province, national)| Sides { province, national });
    let option = |of| proptest::option::of(of);
    prop_oneof![alike, plain, (option(cell().boxed()), option(cell().boxed()), proptest::option::of(base))]
}

fn any_pair(kind: RecordKind) -> impl Strategy<Value = Pair> {
    let name = prop_oneof![Just(SUBJECT), Just(field::STATUS), "[x-z]{1,2}".prop_map(|name| Field::named(&name))];
    proptest::collection::vec((name, shown()), 0..6).prop_map(move |fields| {
        let mut pair = pair(kind, "r");
        for (name, (province, national, base)) in fields {
            pair.ends.province.cells.extend(province.map(|cell| (name.clone(), cell)));
            pair.ends.national.cells.extend(national.map(|cell| (name.clone(), cell)));
            pair.base.extend(base.map(|base| (name, base)));
        }
        pair
    })
}

proptest! {
    #[test]
    fn a_case_comes_back_as_it_was(
        ticket in any_pair(RecordKind::Ticket),
        children in proptest::collection::vec(any_pair(RecordKind::Reply), 0..3),
    ) {
        let case = case(ticket, children);
        prop_assert_eq!(back(&case), case);
    }

    #[test]
    fn a_planned_field_comes_back_as_it_was(cell in cell(), there in image(), before in image(), alike in any::<bool>()) {
        let image = if alike { cell.image.clone() } else { there };
        let planned = PlannedField { value: cell.value, image, before, source: cell.image };
        prop_assert_eq!(back(&planned), planned);
    }
}

#[test]
fn what_both_sides_agreed_on_is_written_once() {
    let text = "Rác thải tràn ra lòng đường";
    let cell = Cell { image: Some(text.into()), value: Some(Value::Text(text.into())) };
    let mut ticket = pair(RecordKind::Ticket, "r");
    for side in Side::BOTH {
        ticket.ends.get_mut(side).cells.insert(SUBJECT, cell.clone());
    }
    ticket.base.insert(SUBJECT, Sides { province: cell.image.clone(), national: cell.image.clone() });
    let written = case(ticket, Vec::new());
    let json = serde_json::to_string(&written).unwrap();
    assert_eq!(json.matches(text).count(), 1, "{json}");

    let mut ticket = written.ticket;
    let cell = Cell { image: Some(format!("{text} ").into()), value: Some(Value::Text(text.into())) };
    ticket.base.insert(SUBJECT, Sides { province: cell.image.clone(), national: Some(text.into()) });
    ticket.ends.province.cells.insert(SUBJECT, cell);
    let json = serde_json::to_string(&case(ticket, Vec::new())).unwrap();
    assert_eq!(json.matches(text).count(), 1, "with a blank at one side and none at the other: {json}");
}

/// As the program wrote it before there was a form for storing.
#[test]
fn what_an_older_program_wrote_is_read() {
    let json = r#"{"link":"pakn","ticket":{"kind":"ticket","reference":"r","origin":"province","ends":{
        "province":{"id":"7","identity":null,"version":"2","cells":{"status":{"image":"1","value":{"type":"code","is":"received"}},
            "subject":{"image":"a","value":{"type":"text","is":"a"}}},"mapping":"m","read_began":null,"gone":0},
        "national":{"id":null,"cells":{"subject":{"image":null,"value":null}},"mapping":""}},
        "base":{"subject":{"province":"a","national":null}},"ledger":[],"parked":[],"conflicts":[],"swings":[],
        "generation":1,"state":{"state":"live"}},"children":[{"kind":"reply","reference":"c","origin":"national",
        "ends":{"province":{},"national":{"id":"9","cells":{"text":{"image":"b","value":{"type":"text","is":"b"}}}}}}]}"#;
    let read: Case = serde_json::from_str(json).unwrap();
    let text = |text: &str| Cell { image: Some(text.into()), value: Some(Value::Text(text.into())) };
    let mut ticket = pair(RecordKind::Ticket, "r");
    ticket.generation = 1;
    let ends = &mut ticket.ends;
    (ends.province.id, ends.province.version, ends.province.mapping) = (Some("7".into()), Some("2".into()), "m".into());
    let status = Cell { image: Some("1".into()), value: Some(Value::Code("received".into())) };
    ends.province.cells = [(field::STATUS, status), (SUBJECT, text("a"))].into();
    ends.national.cells = [(SUBJECT, Cell { image: None, value: None })].into();
    ticket.base.insert(SUBJECT, Sides { province: Some("a".into()), national: None });
    let mut child = new_pair(RecordKind::Reply, "c".into(), Side::National);
    child.ends.national.id = Some("9".into());
    child.ends.national.cells = [(TEXT, text("b"))].into();
    let expected = case(ticket, vec![child]);
    assert_eq!(read, expected);
    assert_eq!(back(&read), expected);

    let planned = r#"{"value":{"type":"code","is":"received"},"image":"1","before":null,"source":"R"}"#;
    let read: PlannedField = serde_json::from_str(planned).unwrap();
    let expected = PlannedField {
        value: Some(Value::Code("received".into())),
        image: Some("1".into()),
        before: None,
        source: Some("R".into()),
    };
    assert_eq!(read, expected);
}
