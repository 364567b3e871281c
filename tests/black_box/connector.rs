//! The HTTP connector with the shipped mapping files against the sandbox's three systems: every verb, on real HTTP.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pakn_bridge::doors::connector::declared::{CallOptions, DeclaredRemote};
use pakn_bridge::doors::connector::{ListFrom, Remote, Shown, Target};
use pakn_bridge::faces::sandbox::{BadAnswer, BadRow, Faults, Meaning, Options, Sandbox, Scope, System};
use pakn_bridge::pure::exchange::run_examples;
use pakn_bridge::pure::mapping::{self, Mapping};
use pakn_bridge::words::outcome::{Failure, Outcome};
use pakn_bridge::words::side::{RemoteId, SystemName};
use pakn_bridge::words::ticket::RecordKind;

use crate::contract::{self, Side};

const SYSTEMS: [System; 3] = System::ALL;

struct Rig {
    system: System,
    sandbox: Sandbox,
    mapping: Arc<Mapping>,
    remote: DeclaredRemote,
}

impl Rig {
    async fn of(system: System) -> Self {
        let options = Options { people: false, ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let (urls, who) = (sandbox.urls(), sandbox.credentials());
        let settings: Vec<(&str, &str)> = match system {
            System::Hotline => vec![("url", &urls.hotline), ("key", &who.hotline_key)],
            System::Portal => vec![
                ("url", &urls.portal),
                ("username", &who.portal_user),
                ("password", &who.portal_password),
                ("agency", "000.00.00.H19"),
            ],
            System::Legal => {
                vec![("url", &urls.legal), ("username", &who.legal_user), ("password", &who.legal_password)]
            }
        };
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let file = format!("mappings/{}.toml", system.as_str());
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
        let mapping = mapping::load(&file, &text, &settings, mapping::NOTHING_BESIDE).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(mapping::Problem::render_text).collect::<String>())
        });
        let mapping = Arc::new(mapping);
        let options = CallOptions { per_second: 0, call_timeout: Duration::from_secs(5), ..CallOptions::default() };
        let remote = DeclaredRemote::new(SystemName::from(system.as_str()), Arc::clone(&mapping), &options).unwrap();
        Self { system, sandbox, mapping, remote }
    }
}

#[async_trait]
impl Side for Rig {
    fn name(&self) -> &str {
        self.system.as_str()
    }

    fn remote(&self) -> &dyn Remote {
        &self.remote
    }

    fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    fn kind(&self) -> &'static str {
        match self.system {
            System::Hotline | System::Portal => "feedback",
            System::Legal => "legal_text",
        }
    }

    async fn person_creates(&self, subject: &str) -> String {
        self.sandbox.person_creates(self.system, self.kind(), &[(Meaning::Subject, subject)])
    }

    async fn person_replies(&self, id: &str, text: &str) {
        self.sandbox.person_replies(self.system, id, text).unwrap();
    }

    async fn person_transfers(&self, id: &str, agency: &str, reason: &str) {
        self.sandbox.person_transfers(self.system, id, agency, reason).unwrap();
    }

    async fn person_attaches(&self, id: &str, name: &str, media_type: &str, bytes: &'static [u8]) {
        self.sandbox.person_attaches(self.system, id, name, media_type, Bytes::from_static(bytes)).unwrap();
    }
}

#[tokio::test]
async fn each_system_of_the_sandbox_keeps_the_contract() {
    for system in SYSTEMS {
        contract::what_people_make_is_listed_and_read_whole(&Rig::of(system).await).await;
        contract::what_we_make_is_found_read_back_equal_and_guarded(&Rig::of(system).await).await;
        contract::replies_transfers_and_files_go_out_with_their_reference(&Rig::of(system).await).await;
    }
}

#[test]
fn every_example_of_the_shipped_mappings_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let mut problems = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let found = match mapping::check(&path.display().to_string(), &text, mapping::NOTHING_BESIDE) {
                Ok(mapping) => run_examples(&mapping),
                Err(problems) => problems,
            };
            problems.extend(found.iter().map(mapping::Problem::render_text));
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[tokio::test]
async fn outcomes_tell_the_truth_whatever_breaks() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        rig.sandbox.set_faults(Faults {
            server_error: 0.1,
            cut_before: 0.1,
            cut_after: 0.15,
            too_many: 0.05,
            expired_session: 0.1,
            ..Faults::off()
        });
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for number in 0..150 {
            let mark = format!("{}-{number}", system.as_str());
            let write = rig.write(RecordKind::Ticket, Target::New, rig.ticket(), &mark);
            let outcome = rig.remote.write(&write).await;
            let there = rig.sandbox.tickets(system);
            let there: Vec<_> =
                there.iter().filter(|ticket| ticket.reference.as_ref() == Some(&write.reference.0)).collect();
            let class = match &outcome {
                Outcome::Acked(ack) => {
                    assert_eq!(there.len(), 1, "{mark}: {outcome:?}");
                    assert_eq!(ack.id.as_ref().map(RemoteId::as_str), Some(there[0].id.as_str()));
                    "acked"
                }
                Outcome::NotNow(_) => {
                    assert_eq!(there.len(), 0, "{mark}: {outcome:?}");
                    "not now"
                }
                Outcome::InDoubt { .. } => {
                    assert!(there.len() <= 1, "{mark}: {outcome:?}");
                    if there.is_empty() { "doubt, not done" } else { "doubt, done" }
                }
                other => panic!("{mark}: {other:?}"),
            };
            *seen.entry(class).or_default() += 1;
        }
        assert_eq!(seen.len(), 4, "{}: the test sees every class: {seen:?}", system.as_str());
    }
}

#[tokio::test]
async fn each_bad_answer_ends_in_a_reason() {
    const BAD: [BadAnswer; 7] = [
        BadAnswer::HtmlWithStatus200,
        BadAnswer::Truncated,
        BadAnswer::InvalidUtf8,
        BadAnswer::Huge,
        BadAnswer::EntityBomb,
        BadAnswer::DeepNesting,
        BadAnswer::Empty,
    ];
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let made = rig.acked(&rig.write(RecordKind::Ticket, Target::New, rig.ticket(), "first")).await;
        let id = made.id.unwrap();
        for (number, bad) in BAD.into_iter().enumerate() {
            let name = format!("{} {bad:?}", system.as_str());
            rig.sandbox.set_bad_answer(system, Some((bad, Scope::All)));
            let listed = rig.remote.changes(&ListFrom::default(), None).await;
            assert!(matches!(listed, Err(Failure::BadAnswer { .. })), "{name}: {listed:?}");
            let read = rig.remote.get(&id).await;
            assert!(matches!(read, Err(Failure::BadAnswer { .. })), "{name}: {read:?}");
            let outcome = rig.remote.write(&rig.write(RecordKind::Ticket, Target::New, rig.ticket(), &name)).await;
            assert!(matches!(outcome, Outcome::InDoubt { .. }), "{name}: {outcome:?}");
            rig.sandbox.set_bad_answer(system, None);
            assert_eq!(rig.sandbox.tickets(system).len(), number + 2, "{name}: the doubt was right");
            assert!(matches!(rig.remote.get(&id).await, Ok(Shown::Ticket(_))), "{name}: the rest goes on");
        }
    }
}

#[tokio::test]
async fn pages_that_repeat_for_ever_are_stopped() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        for _ in 0..3 {
            rig.sandbox.person_creates(system, rig.kind(), &[]);
        }
        rig.sandbox.set_bad_answer(system, Some((BadAnswer::EndlessPages, Scope::All)));
        let mut page = None;
        let mut stopped = None;
        for _ in 0..5 {
            match rig.remote.changes(&ListFrom::default(), page.as_ref()).await {
                Ok(answer) => page = answer.next,
                Err(failure) => {
                    stopped = Some(failure);
                    break;
                }
            }
            assert!(page.is_some(), "{}: it promises more", system.as_str());
        }
        assert_eq!(stopped, Some(Failure::BadAnswer { says: "the listing repeats a page".into() }));
    }
}

#[tokio::test]
async fn one_bad_ticket_is_unreadable_and_the_others_are_not() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let bad = rig.sandbox.person_creates(system, rig.kind(), &[]);
        let good = rig.sandbox.person_creates(system, rig.kind(), &[]);
        for (row, readable) in [
            (BadRow::UnknownCode, false),
            (BadRow::AbsurdDate, false),
            (BadRow::WrongType, false),
            (BadRow::ExtraField, true),
        ] {
            let name = format!("{} {row:?}", system.as_str());
            rig.sandbox.set_bad_row(system, &bad, Some(row));
            let shown = rig.remote.get(&RemoteId(bad.clone())).await;
            match &shown {
                Ok(Shown::Ticket(_)) if readable => {}
                Ok(Shown::Unreadable { reason }) if !readable => assert!(!reason.is_empty()),
                other => panic!("{name}: {other:?}"),
            }
            let page = rig.remote.changes(&ListFrom::default(), None).await.unwrap();
            assert_eq!(page.rows.len(), 2, "{name}");
            assert!(matches!(rig.remote.get(&RemoteId(good.clone())).await, Ok(Shown::Ticket(_))), "{name}");
        }
    }
}

#[tokio::test]
async fn a_listing_with_doubled_and_shuffled_rows_still_shows_every_ticket() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let mut made: Vec<String> = (0..401).map(|_| rig.sandbox.person_creates(system, rig.kind(), &[])).collect();
        rig.sandbox.set_faults(Faults { duplicated_rows: 1.0, reordered_pages: 0.5, ..Faults::off() });
        let mut listed = rig.list_all().await;
        listed.dedup();
        made.sort();
        assert_eq!(listed, made, "{}", system.as_str());
    }
}
