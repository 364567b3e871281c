use proptest::prelude::*;

use super::*;
use crate::pure::sync::reference;
use crate::words::side::LinkName;

/// Selects subjects that begin with "+"; the national side cuts subjects at 5 characters; nothing carries `number`.
struct Plain;

impl Judge for Plain {
    fn reference(&self, side: Side, id: &RemoteId, identity: Option<&str>) -> Reference {
        reference::derive(&LinkName::from("pakn"), side, id, identity)
    }
    fn gave(&self, _: &Reference) -> bool {
        true
    }
    fn child_reference(&self, ticket: &Reference, kind: RecordKind, side: Side, id: &RemoteId) -> Reference {
        reference::derive_child(ticket, kind, side, id)
    }
    fn selects(&self, _: Side, ticket: &Reading) -> bool {
        ticket.value(&Field::named("subject")).and_then(Value::as_text).is_some_and(|text| text.starts_with('+'))
    }
    fn compares(&self, _: RecordKind, field: &Field) -> bool {
        field.as_str() != "number"
    }
    fn crosses(&self, kind: RecordKind, _: Side) -> bool {
        kind != RecordKind::Transfer
    }
    fn agree(&self, _: RecordKind, field: &Field, cells: Sides<&Cell>, _: &Dates) -> bool {
        let Sides { province, national } = cells;
        province.value == national.value
            || (field.as_str() == "subject"
                && matches!((province.value.as_ref().and_then(Value::as_text), national.value.as_ref().and_then(Value::as_text)),
                    (Some(long), Some(cut)) if long.chars().take(5).collect::<String>() == cut))
    }
}

fn began() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn record(kind: RecordKind, id: &str, carried: Option<Reference>, values: &[(&str, &str)]) -> Reading {
    let cell = |text: &str| {
        let value = (!text.is_empty()).then(|| Value::Text(text.into()));
        Cell { image: Some(text.into()), value }
    };
    Reading {
        kind,
        id: id.into(),
        identity: None,
        version: None,
        changed: Some("2026-11-20T10:00:00Z".parse().unwrap()),
        reference: carried,
        cells: values.iter().map(|(name, text)| (Field::named(name), cell(text))).collect(),
        children: BTreeMap::new(),
        captures: BTreeMap::new(),
    }
}

fn ticket(id: &str, carried: Option<Reference>, subject: &str) -> Reading {
    record(RecordKind::Ticket, id, carried, &[("subject", subject), ("number", id)])
}

fn with(mut ticket: Reading, kind: RecordKind, children: Vec<Reading>) -> Reading {
    ticket.children.insert(kind, children);
    ticket
}

/// The name of a ticket born in the province.
fn born(id: &str) -> Reference {
    Plain.reference(Side::Province, &id.into(), None)
}

fn reconcile(known: &Known, province: Vec<Reading>, national: Vec<Reading>) -> Reconciled {
    let mut first = National::new(&Plain, known, began());
    national.into_iter().for_each(|reading| first.add(reading));
    let mut second = first.done();
    province.into_iter().for_each(|reading| second.add(reading));
    second.finish()
}

fn classes(reconciled: &Reconciled) -> Vec<Class> {
    reconciled.items.iter().map(|item| item.class).collect()
}

fn check(province: Vec<Reading>, national: Vec<Reading>, want: &[Class]) -> Reconciled {
    let reconciled = reconcile(&Known::default(), province, national);
    assert_eq!(classes(&reconciled), want, "{reconciled:#?}");
    reconciled
}

#[test]
fn records_join_by_reference_whichever_side_they_were_born_on() {
    use Class::Matched;
    check(vec![ticket("1", None, "+a")], vec![ticket("x", Some(born("1")), "+a")], &[Matched]);
    let up = Plain.reference(Side::National, &"x".into(), None);
    check(vec![ticket("9", Some(up), "+a")], vec![ticket("x", None, "+a")], &[Matched]);
    // The origin carries the reference too.
    check(vec![ticket("1", Some(born("1")), "+a")], vec![ticket("x", Some(born("1")), "+a")], &[Matched]);
    // Something else stands in the origin's reference field.
    check(vec![ticket("1", Some("nonsense".into()), "+a")], vec![ticket("x", Some(born("1")), "+a")], &[Matched]);
}

#[test]
fn a_pair_that_the_rules_would_no_longer_select_is_still_compared() {
    let found = check(vec![ticket("1", None, "b")], vec![ticket("x", Some(born("1")), "c")], &[Class::Differing]);
    assert_eq!(found.not_selected, Sides { province: 0, national: 0 });
}

#[test]
fn what_the_rules_leave_where_it_is_is_only_counted() {
    let found = check(vec![ticket("1", None, "b"), ticket("2", None, "c")], vec![ticket("x", None, "d")], &[]);
    assert_eq!(found.not_selected, Sides { province: 2, national: 1 });
}

#[test]
fn a_selected_or_once_paired_ticket_without_partner_is_missing() {
    check(vec![ticket("1", None, "+a")], vec![], &[Class::MissingNational]);
    check(vec![], vec![ticket("x", None, "+a")], &[Class::MissingProvince]);
    check(vec![], vec![ticket("x", Some(born("1")), "a")], &[Class::MissingProvince]);
}

#[test]
fn a_cut_that_the_other_side_makes_is_no_difference_and_own_numbers_are_not_compared() {
    check(vec![ticket("1", None, "+abcdefgh")], vec![ticket("x", Some(born("1")), "+abcd")], &[Class::Matched]);
    let found =
        check(vec![ticket("1", None, "+abcdefgh")], vec![ticket("x", Some(born("1")), "+abXd")], &[Class::Differing]);
    assert_eq!(found.items[0].differences.len(), 1);
}

#[test]
fn several_records_with_one_reference_are_one_duplicated_ticket() {
    use Class::Duplicated;
    let twin = |id: &str| ticket(id, Some(born("1")), "+a");
    let found = check(vec![ticket("1", None, "+a")], vec![twin("x"), twin("y")], &[Duplicated]);
    assert_eq!(found.items[0].ids.national, ["x".into(), "y".into()]);
    check(vec![], vec![twin("x"), twin("y")], &[Duplicated]);
    let down = Plain.reference(Side::National, &"x".into(), None);
    let copy = |id: &str| ticket(id, Some(down.clone()), "+a");
    check(vec![copy("8"), copy("9")], vec![ticket("x", None, "+a")], &[Duplicated]);
    check(vec![copy("8"), copy("9")], vec![], &[Duplicated]);
    // An echo: the copy was sent back up.
    let echo = ticket("z", Some(born("9")), "+a");
    check(vec![copy("9")], vec![ticket("x", None, "+a"), echo], &[Duplicated]);
}

#[test]
fn children_are_compared_as_sets_by_reference_then_by_content() {
    use RecordKind::{Attachment, Reply, Transfer};
    let reply = |id: &str, text: &str| record(Reply, id, None, &[("text", text)]);
    let ours = |children| with(ticket("1", None, "+a"), Reply, children);
    let theirs = |children| with(ticket("x", Some(born("1")), "+a"), Reply, children);
    let named = Plain.child_reference(&born("1"), Reply, Side::Province, &"r1".into());
    let copy = |text: &str| record(Reply, "n1", Some(named.clone()), &[("text", text)]);
    for (province, national, want) in [
        (vec![reply("r1", "A"), reply("r2", "B")], vec![reply("n2", "B"), reply("n1", "A")], Class::Matched),
        (vec![reply("r1", "A")], vec![copy("A")], Class::Matched),
        (vec![reply("r1", "A")], vec![copy("edited")], Class::Differing),
        (vec![reply("r1", "A"), reply("r2", "A")], vec![reply("n1", "A")], Class::Differing),
        (vec![], vec![reply("n1", "A")], Class::Differing),
    ] {
        check(vec![ours(province)], vec![theirs(national)], &[want]);
    }
    // Not shown is not empty.
    check(vec![ours(vec![reply("r1", "A")])], vec![ticket("x", Some(born("1")), "+a")], &[Class::Matched]);
    // The link does not carry transfers.
    let moved = with(ticket("1", None, "+a"), Transfer, vec![record(Transfer, "t", None, &[("to", "H19.1")])]);
    check(vec![moved], vec![with(ticket("x", Some(born("1")), "+a"), Transfer, vec![])], &[Class::Matched]);
    // The same bytes under another name are the same file with another name.
    let file = |id: &str, name: &str| record(Attachment, id, None, &[("sha256", "ab"), ("name", name), ("where", id)]);
    let ours = with(ticket("1", None, "+a"), Attachment, vec![file("f", "anh.jpg")]);
    let theirs = |name| with(ticket("x", Some(born("1")), "+a"), Attachment, vec![file("g", name)]);
    check(vec![ours.clone()], vec![theirs("anh.jpg")], &[Class::Matched]);
    check(vec![ours], vec![theirs("image.jpg")], &[Class::Differing]);
}

fn open(kind: OpenKind, fields: Option<&str>) -> Open {
    let fields = fields.map(|name| BTreeSet::from([Field::named(name)]));
    Open { kind, record: RecordKind::Ticket, fields, says: Some(format!("{kind:?}")) }
}

#[test]
fn open_work_explains_exactly_what_it_concerns() {
    use OpenKind::{Conflict, InDoubt, Parked, Quarantined, Waiting};
    for (subject, present, opens, want) in [
        ("+b", true, vec![open(Waiting, Some("subject"))], Class::Waiting),
        ("+b", true, vec![open(Waiting, Some("status"))], Class::Differing),
        ("+b", true, vec![open(Conflict, Some("subject")), open(Waiting, None)], Class::Conflict),
        ("+b", true, vec![open(Parked, Some("subject"))], Class::Parked),
        ("+a", true, vec![open(Conflict, Some("subject"))], Class::Matched),
        ("+a", true, vec![open(Quarantined, None)], Class::Quarantined),
        ("+a", false, vec![open(InDoubt, None)], Class::InDoubt),
        ("+a", false, vec![open(Parked, None)], Class::Parked),
        ("+a", false, vec![open(Conflict, Some("subject"))], Class::MissingNational),
    ] {
        let mut known = Known::default();
        for open in &opens {
            known.add(Side::Province, &"1".into(), &born("1"), open.clone());
        }
        let national = present.then(|| ticket("x", Some(born("1")), subject)).into_iter().collect();
        let found = reconcile(&known, vec![ticket("1", None, "+a")], national);
        assert_eq!(classes(&found), [want], "{opens:?}");
    }
}

#[test]
fn an_unreadable_record_is_quarantined_and_not_missed() {
    let known = Known::default();
    let mut national = National::new(&Plain, &known, began());
    national.unreadable("x".into(), "unknown code 99".to_owned());
    let mut province = national.done();
    let reference = Plain.reference(Side::National, &"x".into(), None);
    province.add(ticket("9", Some(reference), "+a"));
    province.unreadable("4".into(), "bad date".to_owned());
    let found = province.finish();
    assert_eq!(classes(&found), [Class::Quarantined, Class::Quarantined]);
    let says: BTreeSet<_> = found.items.iter().flat_map(|item| &item.says).map(String::as_str).collect();
    assert_eq!(says, BTreeSet::from(["bad date", "unknown code 99"]));
}

#[test]
fn what_changed_while_the_listings_were_read_waits_for_the_next_reconciliation() {
    let mut young = ticket("1", None, "+a");
    young.changed = Some(began());
    check(vec![young.clone()], vec![], &[Class::Waiting]);
    check(vec![young], vec![ticket("x", Some(born("1")), "+b")], &[Class::Waiting]);
}

#[test]
fn the_content_of_a_ticket_is_not_carried_into_a_report() {
    let mut long = ticket("1", None, "+a");
    long.cells.insert(NEVER_KEPT, Cell { image: None, value: Some(Value::Text("Tôi tên là".into())) });
    let found = check(vec![long], vec![], &[Class::MissingNational]);
    assert!(!found.items[0].values.contains_key(&NEVER_KEPT));
}

fn carried() -> impl Strategy<Value = Option<Reference>> {
    prop_oneof![
        3 => Just(None),
        2 => (0..6u8).prop_map(|id| Some(born(&id.to_string()))),
        2 => (0..6u8).prop_map(|id| Some(Plain.reference(Side::National, &id.to_string().as_str().into(), None))),
        1 => Just(Some(Reference::from("nonsense"))),
    ]
}

fn listing() -> impl Strategy<Value = Vec<Reading>> {
    proptest::collection::btree_map(0..6u8, (carried(), "[+]?[ab]"), 0..6).prop_map(|tickets| {
        tickets.into_iter().map(|(id, (carried, subject))| ticket(&id.to_string(), carried, &subject)).collect()
    })
}

proptest! {
    #[test]
    fn every_listed_record_is_counted_exactly_once(province in listing(), national in listing()) {
        let found = reconcile(&Known::default(), province.clone(), national.clone());
        for (side, listed) in [(Side::Province, province), (Side::National, national)] {
            let mut ids: Vec<_> = found.items.iter().flat_map(|item| item.ids.get(side)).collect();
            ids.sort();
            let counted = ids.len();
            ids.dedup();
            prop_assert_eq!(ids.len(), counted);
            prop_assert_eq!(counted as u64 + found.not_selected.get(side), listed.len() as u64);
        }
    }
}
