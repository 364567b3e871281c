//! `[http]`, `[login]`, `[[answer]]`, `[promise]`: what holds for every call.

use regex::RegexBuilder;

use super::Loader;
use super::auth::Signed;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::calls::{AnswerRule, Http, Login, LoginCheck, Test, Verdict};
use crate::pure::mapping::carrier::{Carrier, Folder};
use crate::pure::mapping::problem::code;
use crate::words::promise::{Find, Guard, Keyed, Promises, Proof};

/// Most memory of one compiled pattern, bytes.
const MAX_PATTERN_BYTES: usize = 256 * 1024;
/// Most patterns of one file. They run in linear time whatever they say: there is no backtracking.
const MAX_PATTERNS: usize = 100;

impl Loader<'_> {
    /// What carries the calls: one of `[http]`, `[sql]` and `[folder]`.
    pub(super) fn carried(&mut self, root: &Table<'_>) -> Http {
        let given = ["http", "sql", "folder"].map(|key| root.get(key));
        let mut several = given.iter().flatten();
        if let (Some(_), Some(second)) = (several.next(), several.next()) {
            let mend = "keep one: a file describes one system, and it is reached in one way";
            self.problems.say(code::BAD_VALUE, &second.span, "a second one of `[http]`, `[sql]`, `[folder]`", mend);
        }
        let [http, sql, folder] = given.map(|item| item.and_then(|item| item.table(&mut self.problems)));
        if let Some(database) = sql.and_then(|table| self.database(&table)) {
            self.carrier = Carrier::Sql(database);
        } else if let Some(folder) = folder.and_then(|table| self.folder(&table)) {
            self.carrier = Carrier::Folder(folder);
        } else if http.is_none() && root.get("sql").is_none() && root.get("folder").is_none() {
            root.need("http", &mut self.problems);
        }
        let mut out = http.map(|table| self.http(&table)).unwrap_or_default();
        if matches!(self.carrier, Carrier::Folder(_)) {
            Folder::BASE.clone_into(&mut out.base);
        }
        out
    }

    fn http(&mut self, table: &Table<'_>) -> Http {
        let mut http = Http::default();
        if let Some(item) = table.need("base", &mut self.problems) {
            self.secret_looks(item.value.as_str().unwrap_or_default(), &item.span);
            http.base = self.text(&item).unwrap_or_default().trim_end_matches('/').to_owned();
            if !http.base.is_empty() && url::Url::parse(&http.base).is_err() {
                let mend = "write it as `base = \"${setting.url}\"`, and declare the setting with `type = \"url\"`";
                self.problems.say(code::BAD_VALUE, &item.span, "the base is no URL", mend);
            }
        }
        if let Some(item) = table.get("allow") {
            for item in item.one_or_list() {
                self.secret_looks(item.value.as_str().unwrap_or_default(), &item.span);
                http.allow.extend(self.text(&item));
            }
        }
        http.headers = self.pairs(table.get("header").as_ref());
        for key in ["json", "xml"] {
            self.notes.common.extend(table.get(key).map(|item| (key, item.span)));
        }
        http.json = table.get("json").and_then(|item| self.tree(&item));
        http.xml = table.get("xml").and_then(|item| self.xml(&item));
        table.finish(&mut self.problems);
        http
    }

    pub(super) fn login(&mut self, root: &Table<'_>) -> Login {
        let Some(table) = root.table("login", &mut self.problems) else { return Login::default() };
        if self.carrier != Carrier::Http {
            let mend = "take it out: a database takes name and password in the `url` of `[sql]`, a folder none";
            self.problems.say(code::BAD_VALUE, &table.span, "only HTTP has a login", mend);
        }
        let mut login = Login::default();
        if let Some(basic) = table.table("basic", &mut self.problems) {
            let user = basic.need("user", &mut self.problems).and_then(|item| self.template(&item));
            let password = basic.need("password", &mut self.problems).and_then(|item| {
                self.credential("password", &item);
                self.template(&item)
            });
            basic.finish(&mut self.problems);
            login.basic = user.zip(password);
        }
        login.call = table.get("call").and_then(|item| self.call_name(&item));
        login.oauth2 = self.oauth2(&table, &login);
        login.sign = self.signing(&table, Signed::Requests);
        if let Some(check) = table.table("check", &mut self.problems) {
            let call = check.need("call", &mut self.problems).and_then(|item| self.call_name(&item));
            let at = check.get("at").and_then(|item| self.path(&item));
            let is = check.get("is").and_then(|item| self.text(&item));
            check.finish(&mut self.problems);
            login.check = call.map(|call| LoginCheck { call, at, is });
        }
        table.finish(&mut self.problems);
        login
    }

    /// The name of a call that is in the file.
    pub(super) fn call_name(&mut self, item: &Item<'_>) -> Option<String> {
        let name = item.str(&mut self.problems)?;
        if self.calls.contains(name) {
            return Some(name.to_owned());
        }
        let near = crate::pure::mapping::problem::nearest(name, self.calls.iter().map(String::as_str));
        let mend = near.map_or_else(|| format!("declare `[call.{name}]`"), |near| format!("did you mean `{near}`?"));
        self.problems.say(code::UNKNOWN_NAME, &item.span, format!("there is no call `{name}`"), mend);
        None
    }

    pub(super) fn answers(&mut self, parent: &Table<'_>) -> Vec<AnswerRule> {
        let mut rules: Vec<AnswerRule> = Vec::new();
        let mut catch_all = None;
        for table in &parent.tables("answer", &mut self.problems) {
            let line = self.problems.line(table.span.start);
            if let Some(line) = catch_all {
                let message = format!("never reached: the answer on line {line} matches everything");
                self.problems.say(code::UNREACHABLE, &table.span, message, "move it before that one");
            }
            if let Some(rule) = self.answer(table, line) {
                let any = matches!(rule.test, Test::Any) && rule.status.is_empty() && rule.content_type.is_none();
                if any && catch_all.is_none() {
                    catch_all = Some(line);
                }
                if let Some(before) = rules.iter().find(|before| shadows(before, &rule)) {
                    let message = format!("never reached: the answer on line {} takes all of it", before.line);
                    self.problems.say(code::UNREACHABLE, &table.span, message, "take one of them out");
                }
                rules.push(rule);
            }
            table.finish(&mut self.problems);
        }
        rules
    }

    fn answer(&mut self, table: &Table<'_>, line: usize) -> Option<AnswerRule> {
        let mut status = Vec::new();
        if let Some(item) = table.get("status") {
            if matches!(self.carrier, Carrier::Sql(_)) {
                let mend = "look `at = \"header.state\"`, its SQLSTATE, or `at = \"header.count\"`";
                self.problems.say(code::NEVER, &item.span, "a database answers no HTTP status", mend);
            }
            for item in item.one_or_list() {
                let number = item.number(&mut self.problems)?;
                match u16::try_from(number).ok().filter(|status| (100..600).contains(status)) {
                    Some(number) => status.push(number),
                    None => {
                        let mend = "write one from 100 to 599";
                        self.problems.say(code::BAD_VALUE, &item.span, format!("{number} is no HTTP status"), mend);
                    }
                }
            }
        }
        let at_item = table.get("at");
        let at = at_item.as_ref().and_then(|item| self.path(item));
        let tests: Vec<(&str, Item<'_>)> =
            ["is", "in", "like", "present"].iter().filter_map(|key| Some((*key, table.get(key)?))).collect();
        let test = match tests.as_slice() {
            [] if at.is_some() => Test::Present,
            [] => Test::Any,
            [("present", item)] => {
                if item.bool(&mut self.problems)? {
                    Test::Present
                } else {
                    Test::Absent
                }
            }
            [("like", item)] => Test::Like(self.pattern(item)?),
            [(_, item)] => {
                let texts: Vec<String> = item.one_or_list().iter().filter_map(|item| self.text(item)).collect();
                if item.one_or_list().is_empty() {
                    let mend = "list the texts that it takes, or take the rule out";
                    self.problems.say(code::NEVER, &item.span, "no text is in an empty list", mend);
                }
                Test::In(texts)
            }
            [_, (key, item), ..] => {
                let mend = "keep one of `is`, `in`, `like`, `present`";
                self.problems.say(code::BAD_VALUE, &item.span, format!("`{key}` beside another test"), mend);
                return None;
            }
        };
        if at_item.is_none()
            && let Some((key, item)) = tests.iter().find(|(key, _)| *key != "like")
        {
            let mend = "add `at = \"PATH\"`";
            self.problems.say(code::MISSING_KEY, &item.span, format!("`{key}` needs a place to look at"), mend);
        }
        let then = table.need("then", &mut self.problems)?.word(&mut self.problems, &Verdict::WORDS);
        Some(AnswerRule {
            line,
            status,
            content_type: table.str("content_type", &mut self.problems).map(str::to_owned),
            at,
            test,
            says: table.get("says").and_then(|item| self.path(&item)),
            member: table.get("member").and_then(|item| self.path(&item)),
            wait: table.get("wait").and_then(|item| self.path(&item)),
            then: then?,
        })
    }

    fn pattern(&mut self, item: &Item<'_>) -> Option<regex::Regex> {
        let text = item.str(&mut self.problems)?;
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            let what = format!("more than {MAX_PATTERNS} patterns");
            self.problems.say(code::BAD_VALUE, &item.span, what, "say some of them by `is` or `in`");
            return None;
        }
        let limit = MAX_PATTERN_BYTES;
        match RegexBuilder::new(text).size_limit(limit).dfa_size_limit(limit).build() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let what = error.to_string();
                let what = what.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.problems.say(code::BAD_VALUE, &item.span, format!("no pattern: {what}"), "mend the pattern");
                None
            }
        }
    }

    pub(super) fn promises(&mut self, root: &Table<'_>) -> Promises {
        let mut promises = Promises::default();
        let Some(table) = root.table("promise", &mut self.problems) else { return promises };
        self.notes.promises.insert("", table.span.clone());
        for key in ["find", "guard", "key"] {
            self.notes.promises.extend(table.get(key).map(|item| (key, item.span)));
        }
        let problems = &mut self.problems;
        let find = [("filter", Find::Filter), ("scan", Find::Scan), ("content", Find::Content), ("none", Find::None)];
        let guard = [("version", Guard::Version), ("compare", Guard::Compare), ("none", Guard::None)];
        let proof = [("answer", Proof::Answer), ("read_back", Proof::ReadBack)];
        let keyed = [("none", Keyed::Nothing), ("creates", Keyed::Creates), ("all", Keyed::All)];
        promises.find = table.get("find").and_then(|item| item.word(problems, &find)).unwrap_or(promises.find);
        promises.guard = table.get("guard").and_then(|item| item.word(problems, &guard)).unwrap_or(promises.guard);
        promises.proof = table.get("proof").and_then(|item| item.word(problems, &proof)).unwrap_or(promises.proof);
        promises.keyed = table.get("key").and_then(|item| item.word(problems, &keyed)).unwrap_or(promises.keyed);
        let versions = [("counted", true), ("opaque", false)];
        promises.counted =
            table.get("versions").and_then(|item| item.word(problems, &versions)).unwrap_or(promises.counted);
        for (key, place) in [
            ("ref_visible", &mut promises.ref_visible),
            ("late_delivery", &mut promises.late_delivery),
            ("key_life", &mut promises.key_life),
            ("read_lag", &mut promises.read_lag),
            ("commit_lag", &mut promises.commit_lag),
        ] {
            *place = table.duration(key, problems).unwrap_or(*place);
        }
        if promises.keyed != Keyed::Nothing && promises.key_life.is_zero() {
            let mend = "add `key_life = \"24h\"`, as long as the system remembers a key";
            problems.say(code::MISSING_KEY, &table.span, "`key` without the time that keys live", mend);
        }
        table.finish(problems);
        promises
    }
}

/// Whether everything that the later rule would take is taken by the earlier one.
fn shadows(before: &AnswerRule, after: &AnswerRule) -> bool {
    let status = before.status.is_empty()
        || (!after.status.is_empty() && after.status.iter().all(|status| before.status.contains(status)));
    let kind = before.content_type.is_none() || before.content_type == after.content_type;
    let test = match (&before.test, &after.test) {
        // One without a status takes everything, and is reported as such.
        (Test::Any, _) => !before.status.is_empty(),
        (Test::Present, Test::Present | Test::In(_)) => before.at == after.at,
        (Test::In(taken), Test::In(texts)) => before.at == after.at && texts.iter().all(|text| taken.contains(text)),
        (Test::Present | Test::Absent | Test::In(_) | Test::Like(_), _) => false,
    };
    status && kind && test
}
