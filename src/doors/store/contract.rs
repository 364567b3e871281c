//! What every store must do, as one suite over the trait; below it what is each one's own.

mod hints;
mod mappings;
mod older;
mod postgres;
mod rows;
mod sqlite;

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::pure::sync::case::{Conflict, ConflictReason, End, IntentState, Pair, PairState, Parked};
use crate::words::ticket::{RecordKind, field};

const LEASE: Duration = Duration::from_secs(60);
const LIMITS: Limits = Limits { patience: Duration::from_secs(20), connections: 8 };
const SETTLE: Duration = Duration::from_secs(5);

fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_780_000_000 + second, 0).unwrap()
}
fn link() -> LinkName {
    "pakn".into()
}
fn id(text: &str) -> RemoteId {
    text.into()
}
fn systems() -> Systems {
    let joins = |national: &str| Sides { province: "hub".into(), national: national.into() };
    BTreeMap::from([(link(), joins("portal")), ("legal".into(), joins("ministry"))])
}
fn change(second: i64) -> Change {
    Change { at: at(second), ..Change::default() }
}
fn fact(what: &str, case: &Case) -> Fact {
    Fact::new(what, case.reference(), None)
}
fn case(name: &str, province: Option<&str>, national: Option<&str>) -> Case {
    let end = |text: Option<&str>| End { id: text.map(id), ..End::default() };
    Case {
        link: link(),
        ticket: Pair {
            kind: RecordKind::Ticket,
            reference: name.into(),
            origin: Side::Province,
            ends: Sides { province: end(province), national: end(national) },
            base: BTreeMap::new(),
            ledger: Vec::new(),
            parked: Vec::new(),
            conflicts: Vec::new(),
            rolled_back: BTreeMap::new(),
            swings: Vec::new(),
            generation: 0,
            state: PairState::Live,
        },
        children: Vec::new(),
        intents: Vec::new(),
        revision: 0,
    }
}
fn intent(key: &str, case: &Case, side: Side, target: Option<&str>, due: i64) -> Intent {
    Intent {
        key: key.into(),
        case: case.reference().clone(),
        pair: case.reference().clone(),
        kind: RecordKind::Ticket,
        side,
        target: target.map(id),
        version: None,
        fields: BTreeMap::new(),
        known_ids: Vec::new(),
        intended_at: at(0),
        mapping: "m".into(),
        state: IntentState::Ready,
        attempts: 0,
        due: at(due),
        first_sent: None,
        accepted: false,
        says: None,
    }
}
async fn saved(store: &dyn Store, mut case: Case) -> Case {
    case.revision = store.save(&case, &change(0), None).await.unwrap();
    case
}
async fn loaded(store: &dyn Store, name: &str) -> Case {
    store.case(&name.into()).await.unwrap().unwrap()
}
fn keys(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.intent.key.as_str()).collect()
}

/// The whole contract.
async fn holds(store: &dyn Store) {
    cases_come_back_as_they_were_saved(store).await;
    a_save_on_an_old_revision_is_stale(store).await;
    one_ticket_belongs_to_one_case(store).await;
    of_saves_together_each_stands_or_falls_alone(store).await;
    a_claim_is_exclusive_and_ends_with_its_save(store).await;
    a_claimed_intent_is_changed_by_its_holder_only(store).await;
    one_row_is_in_hand_per_record_whatever_the_link(store).await;
    what_was_sent_before_a_crash_is_in_doubt(store).await;
    polling_remembers(store).await;
    the_log_has_no_gaps(store).await;
    a_duty_is_one_holders_until_its_time_has_passed(store).await;
}

async fn a_duty_is_one_holders_until_its_time_has_passed(store: &dyn Store) {
    let take = |holder: &'static str, now, until| async move {
        store.take_duty("poll/hub", holder, at(now), at(until)).await.unwrap()
    };
    assert!(take("one", 0, 60).await);
    assert!(!take("two", 10, 70).await);
    assert!(take("one", 20, 80).await, "its holder keeps it");
    assert!(!take("two", 79, 140).await);
    assert!(take("two", 80, 140).await, "its time has passed");
    assert!(!take("one", 90, 150).await);
    store.leave_duties("two").await.unwrap();
    assert!(take("one", 91, 150).await);
    assert!(store.take_duty("report", "three", at(91), at(99)).await.unwrap(), "another duty");
}

async fn cases_come_back_as_they_were_saved(store: &dyn Store) {
    assert_eq!(store.case(&"none".into()).await.unwrap(), None);
    let mut first = case("a1", Some("p1"), None);
    first.intents =
        vec![intent("k-b", &first, Side::National, None, 10), intent("k-a", &first, Side::National, None, 20)];
    let first = saved(store, first).await;
    assert_eq!(first.revision, 1);
    assert_eq!(loaded(store, "a1").await, first, "intents keep their order");
    let named = [id("p1"), id("p\"2")];
    let of = |link: LinkName| {
        let named = &named;
        async move { store.cases_of(&link, Side::Province, &named.iter().collect::<Vec<_>>()).await.unwrap() }
    };
    assert_eq!(of(link()).await, BTreeMap::from([(id("p1"), first.clone())]));
    assert_eq!(of("legal".into()).await, BTreeMap::new());
    assert_eq!(store.next_due().await.unwrap(), Some(at(10)));

    let mut paired = first;
    paired.ticket.ends.national.id = Some(id("n1"));
    paired.intents.clear();
    paired.ticket.conflicts.push(Conflict {
        field: field::STATUS,
        images: Sides::default(),
        values: Sides::default(),
        reason: ConflictReason::BothChanged,
        since: at(1),
        decided: None,
    });
    paired.ticket.parked.push(Parked {
        side: Side::National,
        field: None,
        refused: None,
        stood: None,
        says: Some("Sai mã".into()),
        mapping: None,
        since: at(1),
    });
    let paired = saved(store, paired).await;
    assert_eq!(loaded(store, "a1").await, paired);
    let mut asked = paired;
    let decided = Change { replan: true, ..change(2) };
    asked.revision = store.save(&asked, &decided, None).await.unwrap();
    assert_eq!(store.to_replan(None, None, 9).await.unwrap(), ["a1".into()]);
    let paired = saved(store, asked).await;
    assert!(store.to_replan(None, None, 9).await.unwrap().is_empty(), "the next save has planned");
    assert_eq!(loaded(store, "a1").await, paired);
    assert_eq!(store.next_due().await.unwrap(), None, "rows no longer among the intents are removed");
    assert_eq!(store.troubled(10).await.unwrap(), ["a1".into()]);
    let counts = Counts { cases: 1, paired: 1, open: Open { conflicts: 1, parked: 1, ..Open::default() } };
    assert_eq!(store.counts(None).await.unwrap(), counts);
    assert_eq!(store.counts(Some(&link())).await.unwrap(), counts);
    assert_eq!(store.counts(Some(&"legal".into())).await.unwrap(), Counts::default());

    saved(store, case("a2", Some("p2"), Some("n2"))).await;
    let listed =
        |after: Option<Reference>, limit| async move { store.cases(&link(), after.as_ref(), limit).await.unwrap() };
    assert_eq!(listed(None, 1).await, ["a1".into()]);
    assert_eq!(listed(Some("a1".into()), 5).await, ["a2".into()]);
    let ids = |side, after: Option<RemoteId>| async move { store.ids(&link(), side, after.as_ref(), 5).await.unwrap() };
    assert_eq!(ids(Side::Province, None).await, [id("p1"), id("p2")]);
    assert_eq!(ids(Side::National, Some(id("n1"))).await, [id("n2")]);
    let found =
        |side, except: &'static str| async move { store.youngest(&link(), side, &except.into()).await.unwrap() };
    assert_eq!(found(Side::National, "a2").await, Some(("a1".into(), id("n1"))));
    assert_eq!(found(Side::National, "x").await, Some(("a2".into(), id("n2"))));
    assert_eq!(found(Side::Province, "x").await, None, "the province's own tickets don't carry our reference");
    let younger = |side, than: &'static str| async move { store.younger(&link(), side, &than.into()).await.unwrap() };
    assert_eq!(younger(Side::Province, "a1").await, Some(id("p2")));
    assert_eq!(younger(Side::National, "a2").await, None);
    let mut gone = loaded(store, "a2").await;
    gone.ticket.ends.national.gone = 3;
    saved(store, gone).await;
    assert_eq!(found(Side::National, "x").await, Some(("a1".into(), id("n1"))), "closed here, for it is gone there");
    assert_eq!(younger(Side::National, "a1").await, None);
    let mut back = loaded(store, "a2").await;
    back.ticket.ends.national.gone = 0;
    saved(store, back).await;
}

async fn a_save_on_an_old_revision_is_stale(store: &dyn Store) {
    let old = loaded(store, "a2").await;
    saved(store, old.clone()).await;
    assert!(matches!(store.save(&old, &change(0), None).await, Err(StoreError::Stale)));
    assert!(matches!(store.save(&case("a2", None, None), &change(0), None).await, Err(StoreError::Stale)));
}

async fn one_ticket_belongs_to_one_case(store: &dyn Store) {
    let taken = store.save(&case("b1", Some("p1"), None), &change(0), None).await;
    assert!(matches!(taken, Err(StoreError::Taken { side: Side::Province })), "{taken:?}");
    assert_eq!(store.case(&"b1".into()).await.unwrap(), None, "nothing of a failed save stays");
    let mut other = case("b2", Some("p1"), None);
    other.link = "legal".into();
    saved(store, other).await;
}

async fn of_saves_together_each_stands_or_falls_alone(store: &dyn Store) {
    let told = |name: &str| Change { facts: vec![fact(name, &case(name, None, None))], ..change(3) };
    let mut known = saved(store, case("o-known", Some("po"), None)).await;
    let old = known.clone();
    known.intents = vec![intent("o-1", &known, Side::National, None, 400)];
    let known = saved(store, known).await;
    let new = case("o-new", Some("po2"), None);
    let twice = Case { link: "legal".into(), ..new.clone() };
    let double = case("o-double", Some("po"), None);
    let changes = ["o-old", "o-known", "o-new", "o-twice", "o-double"].map(told);
    let mut saves = Vec::new();
    for (case, change) in [&old, &known, &new, &twice, &double].into_iter().zip(&changes) {
        saves.push(Save { case, change, claim: None });
    }
    // The last is noticed by the database only; the others must not suffer from it.
    let done = store.save_all(&saves).await.unwrap();
    let stale = |saved: &Result<i64, StoreError>| matches!(saved, Err(StoreError::Stale));
    assert!(stale(&done[0]), "{done:?}");
    assert_eq!(done[1].as_ref().unwrap(), &3);
    assert_eq!(done[2].as_ref().unwrap(), &1);
    assert!(stale(&done[3]), "the second of one case: {done:?}");
    assert!(matches!(done[4], Err(StoreError::Taken { side: Side::Province })), "{done:?}");
    let entries = store.entries(0, 99).await.unwrap();
    let what: Vec<&str> = entries.iter().map(|entry| entry.fact.what.as_str()).collect();
    assert_eq!(what, ["o-known", "o-new"], "in their order, and nothing of those that were refused");
    assert_eq!(loaded(store, "o-known").await.intents, known.intents);
    assert_eq!(store.save_all(&[]).await.unwrap().len(), 0);

    let known = Case { intents: Vec::new(), ..loaded(store, "o-known").await };
    saved(store, known).await;

    // Many more than one statement or one transaction takes, of odd number.
    let many: Vec<Case> = (0..301).map(|number| case(&format!("o-{number:03}"), None, None)).collect();
    let change = change(4);
    let saves: Vec<Save<'_>> = many.iter().map(|case| Save { case, change: &change, claim: None }).collect();
    assert!(store.save_all(&saves).await.unwrap().into_iter().all(|saved| saved.is_ok()));
    let references: Vec<&Reference> = many.iter().map(Case::reference).collect();
    assert_eq!(store.cases_named(&references).await.unwrap().len(), many.len());
}

async fn a_claim_is_exclusive_and_ends_with_its_save(store: &dyn Store) {
    let mut one = case("c1", Some("pc1"), None);
    one.intents =
        vec![intent("c-late", &one, Side::National, None, 100), intent("c-due", &one, Side::National, None, 5)];
    let before = saved(store, one).await;
    assert!(store.claim(&link(), Side::Province, at(10), LEASE, 9).await.unwrap().is_empty());
    assert!(store.claim(&link(), Side::National, at(4), LEASE, 9).await.unwrap().is_empty());
    let claims = store.claim(&link(), Side::National, at(10), LEASE, 9).await.unwrap();
    assert_eq!(keys(&claims), ["c-due"]);
    let claim = &claims[0];
    assert_eq!((claim.intent.first_sent, &claim.intent.state), (Some(at(10)), &IntentState::Sent));
    assert!(store.claim(&link(), Side::National, at(10), LEASE, 9).await.unwrap().is_empty());
    assert!(
        matches!(store.save(&before, &change(11), None).await, Err(StoreError::Stale)),
        "a claim moves the revision"
    );

    let mut now = loaded(store, "c1").await;
    assert_eq!(now.intents[1], claim.intent);
    now.intents[1].state = IntentState::Ready;
    now.intents[1].due = at(30);
    now.revision = store.save(&now, &change(12), Some(claim)).await.unwrap();
    assert!(matches!(store.save(&now, &change(12), Some(claim)).await, Err(StoreError::Fenced)), "a claim serves once");
    let again = store.claim(&link(), Side::National, at(30), LEASE, 9).await.unwrap();
    assert!(again[0].fence > claim.fence);
    assert_eq!(again[0].intent.first_sent, Some(at(10)), "the first send stays the first");
    let mut done = loaded(store, "c1").await;
    done.intents.clear();
    store.save(&done, &change(31), Some(&again[0])).await.unwrap();
}

async fn a_claimed_intent_is_changed_by_its_holder_only(store: &dyn Store) {
    let mut one = case("d1", Some("pd1"), None);
    one.intents = vec![intent("d-1", &one, Side::National, None, 0)];
    saved(store, one).await;
    let claims = store.claim(&link(), Side::National, at(40), LEASE, 9).await.unwrap();
    let mut seen = loaded(store, "d1").await;
    seen.ticket.generation = 7;
    let unchanged = saved(store, seen).await;
    let mut discarded = unchanged.clone();
    discarded.intents.clear();
    assert!(matches!(store.save(&discarded, &change(41), None).await, Err(StoreError::Fenced)));
    let mut moved = unchanged.clone();
    moved.intents[0].attempts = 3;
    assert!(matches!(store.save(&moved, &change(41), None).await, Err(StoreError::Fenced)));
    assert_eq!(loaded(store, "d1").await, unchanged);
    store.save(&discarded, &change(42), Some(&claims[0])).await.unwrap();
}

async fn one_row_is_in_hand_per_record_whatever_the_link(store: &dyn Store) {
    let mut mine = case("e1", Some("pe"), Some("7"));
    mine.intents = vec![
        intent("e-1", &mine, Side::Province, Some("pe"), 0),
        intent("e-2", &mine, Side::Province, Some("pe"), 0),
        intent("e-3", &mine, Side::National, Some("7"), 0),
    ];
    saved(store, mine).await;
    let mut theirs = case("e2", Some("pe"), Some("7"));
    theirs.link = "legal".into();
    theirs.intents = vec![
        intent("e-4", &theirs, Side::Province, Some("pe"), 0),
        intent("e-5", &theirs, Side::National, Some("7"), 0),
    ];
    saved(store, theirs).await;
    let legal: LinkName = "legal".into();
    let claims = store.claim(&link(), Side::Province, at(50), LEASE, 9).await.unwrap();
    assert_eq!(keys(&claims), ["e-1"], "the second row of the record waits");
    assert!(
        store.claim(&legal, Side::Province, at(50), LEASE, 9).await.unwrap().is_empty(),
        "so does the other link's"
    );
    assert_eq!(keys(&store.claim(&link(), Side::National, at(50), LEASE, 9).await.unwrap()), ["e-3"]);
    let same_id_elsewhere = store.claim(&legal, Side::National, at(50), LEASE, 9).await.unwrap();
    assert_eq!(keys(&same_id_elsewhere), ["e-5"]);

    let mut doubted = loaded(store, "e1").await;
    doubted.intents[0].state = IntentState::Doubt { settle: SETTLE };
    store.save(&doubted, &change(51), Some(&claims[0])).await.unwrap();
    assert!(store.claim(&legal, Side::Province, at(52), LEASE, 9).await.unwrap().is_empty(), "a doubt is in hand");
    let mut parked = loaded(store, "e1").await;
    parked.intents[0].state = IntentState::Parked;
    saved(store, parked).await;
    assert_eq!(keys(&store.claim(&legal, Side::Province, at(52), LEASE, 9).await.unwrap()), ["e-4"]);

    let queued = |which| async move { store.queue(which, 9).await.unwrap() };
    let open: Vec<_> = queued(Queue::Open).await.into_iter().map(|(link, intent)| (link.0, intent.key)).collect();
    let row = |link: &str, key: &str| (link.to_owned(), key.to_owned());
    let expected =
        [row("pakn", "e-1"), row("pakn", "e-2"), row("pakn", "e-3"), row("legal", "e-4"), row("legal", "e-5")];
    assert_eq!(open, expected);
    assert_eq!(queued(Queue::Parked).await.len(), 1);
    assert!(matches!(store.intent("e-").await, Err(StoreError::Ambiguous)));
    assert_eq!(store.intent("e-5").await.unwrap().map(|(link, _)| link), Some(legal));
    assert!(store.intent("zz").await.unwrap().is_none());
}

async fn what_was_sent_before_a_crash_is_in_doubt(store: &dyn Store) {
    assert_eq!(store.recover(Some(at(60)), SETTLE).await.unwrap(), 0, "leases still run");
    assert_eq!(store.recover(Some(at(50) + LEASE), SETTLE).await.unwrap(), 2, "those claimed at 50");
    assert_eq!(store.recover(None, SETTLE).await.unwrap(), 1, "at start, all");
    let (_, doubt) = store.intent("e-5").await.unwrap().unwrap();
    assert_eq!(doubt.state, IntentState::Doubt { settle: SETTLE });
    assert_eq!(store.open(None).await.unwrap().doubt, 3);

    let claims = store.claim_doubts(&link(), Side::National, at(200), LEASE, 9).await.unwrap();
    assert_eq!(keys(&claims), ["e-3"]);
    assert!(
        store.claim_doubts(&link(), Side::National, at(201), LEASE, 9).await.unwrap().is_empty(),
        "one looks it up"
    );
    let retaken = store.claim_doubts(&link(), Side::National, at(200) + LEASE, LEASE, 9).await.unwrap();
    assert!(retaken[0].fence > claims[0].fence);
    let mut done = loaded(store, "e1").await;
    done.intents.clear();
    let late = store.save(&done, &change(270), Some(&claims[0])).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "whoever lost the claim can't complete it");
    store.release(&claims[0]).await.unwrap();
    assert!(store.claim_doubts(&link(), Side::National, at(270), LEASE, 9).await.unwrap().is_empty());
    store.release(&retaken[0]).await.unwrap();
    let freed = store.claim_doubts(&link(), Side::National, at(270), LEASE, 9).await.unwrap();
    assert!(matches!(store.save(&done, &change(271), None).await, Err(StoreError::Stale)), "so does one for a lookup");
    let mut done = loaded(store, "e1").await;
    done.intents.clear();
    done.revision = store.save(&done, &change(271), None).await.unwrap();
    let late = store.save(&done, &change(272), Some(&freed[0])).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "a reading settled it while it was looked up");
}

async fn polling_remembers(store: &dyn Store) {
    let hub: SystemName = "hub".into();
    let mark = |name: &str, stamp: &str| Seen { id: id(name), stamp: stamp.into() };
    store.mark_seen(&hub, &[mark("s1", "v1"), mark("s\"2", "v1")]).await.unwrap();
    store.mark_seen(&hub, &[mark("s1", "v2")]).await.unwrap();
    store.mark_seen(&hub, &[mark("s4", "v1")]).await.unwrap();
    store.forget_seen(&hub, &id("s4")).await.unwrap();
    store.mark_seen(&hub, &[]).await.unwrap();
    let seen = store.seen(&hub, &[id("s1"), id("s\"2"), id("s3"), id("s4")]).await.unwrap();
    assert_eq!(seen, BTreeMap::from([(id("s1"), "v2".to_owned()), (id("s\"2"), "v1".to_owned())]));
    assert!(store.seen(&"portal".into(), &[id("s1")]).await.unwrap().is_empty());

    let bad = |reason: &str, second| Quarantined {
        system: hub.clone(),
        id: id("q1"),
        reason: reason.into(),
        since: at(second),
        mapping: "m1".into(),
    };
    let before = store.open(Some(&link())).await.unwrap().quarantined;
    store.quarantine(&bad("unknown code", 1)).await.unwrap();
    store.quarantine(&bad("not a date", 2)).await.unwrap();
    assert_eq!(store.quarantined(9).await.unwrap(), [bad("not a date", 1)], "since its first day");
    assert_eq!(store.open(Some(&link())).await.unwrap().quarantined, before + 1);
    store.unquarantine(&hub, &[&id("q1")]).await.unwrap();
    assert!(store.quarantined(9).await.unwrap().is_empty());

    assert_eq!(store.cursor(&hub).await.unwrap(), Cursor::default());
    let cursor = Cursor { since: Some(at(3)), full_scan: None };
    store.save_cursor(&hub, &cursor).await.unwrap();
    assert_eq!(store.cursor(&hub).await.unwrap(), cursor);

    let first = store.begin_run("sync", at(1)).await.unwrap();
    let second = store.begin_run("full", at(2)).await.unwrap();
    store.end_run(first, at(3), &serde_json::json!({"read": 4})).await.unwrap();
    let runs = store.runs(9).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!((runs[0].ended, runs[1].ended), (None, Some(at(3))));
    assert_eq!(runs[1].result["read"], 4);
}

async fn the_log_has_no_gaps(store: &dyn Store) {
    let mut one = case("g1", None, None);
    let told = Change { facts: vec![fact("paired", &one), fact("intent", &one)], at: at(5), ..Change::default() };
    one.revision = store.save(&one, &told, None).await.unwrap();
    let old = case("g1", None, None);
    let refused = store.save(&old, &told, None).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    store.save(&one, &Change { facts: vec![fact("acked", &one)], at: at(6), ..Change::default() }, None).await.unwrap();
    let entries = store.entries(0, 9).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!((entries[4].at, entries[4].fact.what.as_str()), (at(6), "acked"));
    assert_eq!(store.entries(4, 9).await.unwrap(), entries[4..]);
}
