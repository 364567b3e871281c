mod ways;

use super::*;
use crate::pure::sync::rules::Owner;
use crate::words::side::Side;
use crate::words::ticket::{Field, RecordKind, field};

const GOOD: &str = r#"
language = "en"
[store]
path = "data/bridge.db"
[report]
issuer = ["ỦY BAN NHÂN DÂN", "TỔNG ĐÀI 1022"]
[report.agency]
"H19.12" = "Sở Xây dựng"
[time]
zone = "Asia/Ho_Chi_Minh"
[schedule]
sync = "*/2 * * * *"
[system.hub]
mapping = "mappings/hub.toml"
[system.hub.setting]
url = "http://127.0.0.1:8101"
key = { env = "HUB_KEY" }
[system.hub.limit]
rate = 5
concurrency = 2
timeout = "10s"
hours = "22:00-05:00"
[system.portal]
mapping = "/etc/portal.toml"
[[link]]
name = "pakn"
province = "hub"
national = "portal"
up = [ { kind = ["feedback"], agency = "H19*", not = { field = ["land", "health"] } } ]
down = [ { } ]
on_gone = "close"
[link.owner]
content = "province"
status = "national"
"reply.text" = "national"
[[deadline]]
hours = 8
citation = "QĐ 1"
when = { level = "urgent" }
[[deadline]]
days = 20
citation = "QĐ 574/QĐ-TTg năm 2017"
"#;

fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    let env = |name: &str| (name == "HUB_KEY").then(|| "hunter2".to_owned());
    Config::parse(Path::new("/etc/pakn/bridge.toml"), text, &env)
}

#[test]
fn a_config_says_what_it_says() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.language, Language::En);
    assert_eq!(config.store, Place::File("/etc/pakn/data/bridge.db".into()), "relative to the config");
    assert_eq!(config.reports, Path::new("/etc/pakn/reports"));
    assert_eq!(config.spool, Path::new("/etc/pakn/spool/pakn-bridge-spool"), "a folder that may be emptied");
    assert_eq!(config.issuer[1], "TỔNG ĐÀI 1022");
    assert_eq!(config.agencies["H19.12"], "Sở Xây dựng");
    assert_eq!(config.schedule.sync.expression(), "*/2 * * * *");
    assert_eq!(config.schedule.full.expression(), "0 2 * * *");
    assert_eq!(config.deadlines.rules().len(), 2);

    let hub = &config.systems[&SystemName::from("hub")];
    assert_eq!(hub.mapping, Path::new("/etc/pakn/mappings/hub.toml"));
    assert_eq!(hub.setting_texts()["key"], "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!((hub.limits.per_second, hub.limits.concurrency, hub.limits.timeout.as_secs()), (5, 2, 10));
    let portal = &config.systems[&SystemName::from("portal")];
    assert_eq!((portal.mapping.as_path(), &portal.limits), (Path::new("/etc/portal.toml"), &Limits::default()));

    let [link] = config.links.as_slice() else { panic!("one link") };
    assert_eq!(link.systems.national.as_str(), "portal");
    assert_eq!(link.selection.province.rules.len(), 1);
    assert_eq!(link.selection.national, Selection::everything());
    assert_eq!(link.on_gone, OnGone::Close);
    assert_eq!(link.owners.of(RecordKind::Ticket, &field::STATUS), Owner::Of(Side::National));
    assert_eq!(link.owners.of(RecordKind::Reply, &field::TEXT), Owner::Of(Side::National));
    assert_eq!(link.owners.of(RecordKind::Ticket, &Field::named("subject")), Owner::Person);
}

#[test]
fn the_selection_has_a_digest_of_its_own() {
    let hash = |text: &str| parse(text).unwrap().links[0].hash();
    assert_eq!(hash(GOOD), hash(&GOOD.replace("content = \"province\"", "")));
    assert_ne!(hash(GOOD), hash(&GOOD.replace("\"land\", ", "")));
    assert_eq!(hash(GOOD).len(), 64);
}

#[test]
fn hours_may_pass_midnight() {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    let hours = parse(GOOD).unwrap().systems[&SystemName::from("hub")].limits.hours.unwrap();
    for (at, inside) in [("21:59", false), ("22:00", true), ("23:59", true), ("04:59", true), ("05:00", false)] {
        assert_eq!(hours.contain(time(at)), inside, "{at}");
    }
}

#[test]
fn a_field_that_no_record_has_waits_for_a_mapping_that_declares_it() {
    use RecordKind::{Reply, Ticket};
    for (wrong, instead, kind, field, mend) in [
        ("kind = ", "knid = ", Ticket, "knid", "did you mean `kind`?"),
        ("content = \"province\"", "contents = \"province\"", Ticket, "contents", "did you mean `content`?"),
        ("content = \"province\"", "\"reply.txt\" = \"province\"", Reply, "txt", "did you mean `text`?"),
    ] {
        let config = parse(&GOOD.replacen(wrong, instead, 1)).unwrap();
        let ((of, name), problem) = &config.links.iter().find_map(|link| link.declared.first()).unwrap();
        assert_eq!((*of, name.as_str(), problem.code, problem.mend.as_str()), (kind, field, "C002", mend));
        assert!(problem.line > 1, "{problem:?}");
    }
}

#[test]
fn every_problem_is_told_with_its_place_and_mend() {
    for (wrong, instead, code, message, mend) in [
        ("language = \"en\"", "language = \"eng\"", "C005", "`eng` is not known here", "did you mean `en`?"),
        ("path = \"data/bridge.db\"", "url = { env = \"HUB_KEY\" }", "C005", "no PostgreSQL URL", "postgres://"),
        ("[store]", "[store]\nurl = { env = \"HUB_KEY\" }", "C005", "kept in one place", "`path` or `url`"),
        ("[store]", "[stores]", "C002", "unknown key `stores`", "did you mean `store`?"),
        ("zone = \"Asia/Ho_Chi_Minh\"", "zone = \"Asia/HoChiMinh\"", "C005", "no time zone", "`Asia/Ho_Chi_Minh`"),
        ("\"*/2 * * * *\"", "\"99 * * * *\"", "C005", "not a schedule", "as in crontab"),
        ("\"*/2 * * * *\"", "5", "C003", "a text in quotes was expected, not integer", ""),
        ("HUB_KEY", "HUB_KYE", "C007", "the environment has no `HUB_KYE`", "set it"),
        ("{ env = \"HUB_KEY\" }", "{ file = \"no/such\" }", "C007", "the secret can't be read", ""),
        ("{ env = \"HUB_KEY\" }", "{ }", "C005", "one place", "env"),
        ("rate = 5", "rate = 50000", "C005", "`rate` can't be 50000", "from 0 to 10000"),
        ("concurrency = 2", "concurrency = 0", "C005", "can't be 0", "from 1"),
        ("\"10s\"", "\"10\"", "C005", "`10` is no length of time", "unit"),
        ("\"22:00-05:00\"", "\"22:00\"", "C005", "not a part of the day", ""),
        ("national = \"portal\"", "national = \"protal\"", "C006", "there is no system `protal`", "`portal`"),
        ("national = \"portal\"", "national = \"hub\"", "C006", "two different systems", ""),
        ("name = \"pakn\"", "name = \"PAKN 1\"", "C006", "can't be a name", "a-z"),
        ("name = \"pakn\"\n", "", "C004", "`name` is missing", "add"),
        ("[\"feedback\"]", "[\"feedbak\"]", "C008", "`kind` is never `feedbak`", "did you mean `feedback`?"),
        ("[\"feedback\"]", "[]", "C008", "fits no ticket", ""),
        ("content = \"province\"", "content = \"us\"", "C005", "`us` is not known here", "province"),
        ("on_gone = \"close\"", "on_gone = \"delete\"", "C005", "`delete` is not known here", "keep, close"),
        ("hours = 8", "hours = 0", "C009", "from 1 hour", ""),
        ("level = \"urgent\"", "level = \"urgnet\"", "C009", "no ticket can have level", ""),
        ("language = \"en\"", "language = ", "C001", "", "TOML"),
        (
            "[system.hub]",
            "[hooks]\nlisten = \"8602\"\n[system.hub]",
            "C005",
            "nothing can be listened to",
            "127.0.0.1:8602",
        ),
        ("[system.hub]", "[hooks]\nqueue = 9\n[system.hub]", "C004", "`listen` is missing", "listen"),
        (
            "[system.hub]",
            "[hooks]\nlisten = \"[::1]:1\"\nqueue = 0\n[system.hub]",
            "C005",
            "`queue` can't be 0",
            "10000",
        ),
        ("language = \"en\"", "contact = \"a (b)\"", "C005", "can't stand in a header", "one address"),
    ] {
        assert!(GOOD.contains(wrong), "{wrong}");
        let text = GOOD.replacen(wrong, instead, 1);
        let problems = parse(&text).expect_err(instead);
        let found = problems.iter().find(|problem| problem.code == code);
        let found = found.unwrap_or_else(|| panic!("{instead}: {problems:#?}"));
        assert!(found.message.contains(message), "{instead}: {found:#?}");
        assert!(found.mend.contains(mend), "{instead}: {found:#?}");
        assert!(found.line > 1 && found.column > 0, "{instead}: {found:#?}");
    }
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    let text = GOOD
        .replace("language = \"en\"", "langauge = \"en\"")
        .replace("rate = 5", "rate = -1")
        .replace("national = \"portal\"", "national = \"nobody\"");
    let problems = parse(&text).unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| (problem.code, problem.line)).collect();
    assert_eq!(lines, [("C002", 2), ("C003", 19), ("C006", 28)]);
}

#[test]
fn looking_at_the_state_needs_no_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bridge.toml");
    std::fs::write(&file, GOOD).unwrap();
    assert!(matches!(Config::load(&file, &|_| None), Err(ConfigError::Problems(_))));
    let config = Config::load_without_secrets(&file, &|_| None).unwrap();
    assert_eq!(config.systems[&SystemName::from("hub")].setting_texts()["key"], "");
}

#[test]
fn two_links_do_not_join_the_same_systems() {
    let text =
        format!("{GOOD}[[link]]\nname = \"again\"\nprovince = \"hub\"\nnational = \"portal\"\ndown = [ {{ }} ]\n");
    let problems = parse(&text).unwrap_err();
    assert!(problems[0].message.contains("joins the same two systems"), "{problems:#?}");
}

#[test]
fn an_empty_config_asks_for_what_it_needs() {
    let problems = parse("").unwrap_err();
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["C004", "C004"], "{problems:#?}");
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_no_config() {
    let dir = tempfile::tempdir().unwrap();
    let load = |path: &Path| Config::load(path, &|_| None).unwrap_err();
    assert!(matches!(load(&dir.path().join("none.toml")), ConfigError::Unreadable { .. }));
    let file = dir.path().join("bridge.toml");
    std::fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(load(&file), ConfigError::Unreadable { .. }));
    std::fs::write(&file, vec![b'#'; 2 * 1024 * 1024]).unwrap();
    assert!(matches!(load(&file), ConfigError::Unreadable { .. }));
}

#[test]
fn a_secret_in_a_file_loses_its_last_line_end() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("key"), "hunter2\r\n").unwrap();
    let file = dir.path().join("bridge.toml");
    std::fs::write(&file, GOOD.replace("env = \"HUB_KEY\"", "file = \"key\"")).unwrap();
    let config = Config::load(&file, &|_| None).unwrap();
    assert_eq!(config.systems[&SystemName::from("hub")].setting_texts()["key"], "hunter2");
}
