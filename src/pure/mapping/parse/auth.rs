//! `[login.oauth2]`, `[login.sign]`, `[hook]`: a token server, requests that are signed, and notices that must be.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::auth::{ClientAuth, Hook, KeySpelling, OAuth2, SignPart, Signing, SigningHash, Spelling};
use crate::pure::mapping::calls::Login;
use crate::pure::mapping::instant::InstantFormat;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::template::{Part, Template, Var};

/// How long before its end a token counts as ended, where nothing is said.
const EARLY: Duration = Duration::from_secs(30);
/// How far the clock of a system that tells something may be from ours, where nothing is said, and how far at all.
const WINDOW: Duration = Duration::from_secs(300);
const WINDOWS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);
/// Longest such time.
const MAX_EARLY: Duration = Duration::from_secs(3600);

impl Loader<'_> {
    /// `[login.oauth2]` of the login that was read so far.
    pub(super) fn oauth2(&mut self, table: &Table<'_>, login: &Login) -> Option<OAuth2> {
        let table = table.table("oauth2", &mut self.problems)?;
        for (other, key) in [(login.basic.is_some(), "basic"), (login.call.is_some(), "call")] {
            if other {
                let mend = format!("keep `oauth2` or `{key}`");
                self.problems.say(code::BAD_VALUE, &table.span, format!("two logins: `oauth2` beside `{key}`"), mend);
            }
        }
        let url = table.need("url", &mut self.problems).and_then(|item| self.address(&item));
        let client = table.need("client", &mut self.problems).and_then(|item| self.fixed(&item));
        let secret = table.need("secret", &mut self.problems).and_then(|item| {
            self.credential("secret", &item);
            self.fixed(&item)
        });
        let scope = table.get("scope").and_then(|item| self.text(&item));
        let form = table.get("form");
        let form = self.pairs(form.as_ref()).into_iter().zip(form.iter().cycle());
        let form = form.filter_map(|((name, template), item)| Some((name, self.fixed_of(template, item)?)));
        let form = form.collect();
        let words = [("header", ClientAuth::Header), ("body", ClientAuth::Body)];
        let by = table.get("by").and_then(|item| item.word(&mut self.problems, &words)).unwrap_or_default();
        let early = table.duration("early", &mut self.problems).unwrap_or(EARLY);
        if let Some(item) = table.get("early").filter(|_| early > MAX_EARLY) {
            let mend = "write a time such as \"30s\", at most \"1h\"";
            self.problems.say(code::BAD_VALUE, &item.span, "no token would live so long", mend);
        }
        table.finish(&mut self.problems);
        Some(OAuth2 { url: url?, client: client?, secret: secret?, scope, form, by, early })
    }

    /// `[hook]`.
    pub(super) fn hook(&mut self, root: &Table<'_>) -> Option<Hook> {
        let table = root.table("hook", &mut self.problems)?;
        let id = table.need("id", &mut self.problems).and_then(|item| self.path(&item));
        let window = table.duration("window", &mut self.problems).unwrap_or(WINDOW);
        if let Some(item) = table.get("window").filter(|_| !WINDOWS.contains(&window)) {
            let mend =
                "write a time from \"1s\" to \"1h\": so long a notice may be on its way, and so far clocks may differ";
            self.problems.say(code::BAD_VALUE, &item.span, "a window that is too narrow or too wide", mend);
        }
        let section = table.need("sign", &mut self.problems);
        let sign = section.as_ref().and_then(|_| self.signing(&table, Signed::Notices));
        table.finish(&mut self.problems);
        if let (Some(sign), Some(section)) = (&sign, section)
            && let Some(fault) = notice_fault(sign)
        {
            let mend = "sign `${sign.at}` and `${sign.text}`, and carry `${sign.at}` and `${sign.value}` in headers";
            self.problems.say(code::NOTICE, &section.span, fault, mend);
        }
        Some(Hook { id: id?, sign: sign?, window })
    }

    /// `[login.sign]`, `[hook.sign]`.
    pub(super) fn signing(&mut self, table: &Table<'_>, what: Signed) -> Option<Signing> {
        let table = table.table("sign", &mut self.problems)?;
        let word = |key: &str| table.get(key);
        let (hash, key_as, spelling) = (word("hmac"), word("key_as"), word("as"));
        let hash = hash.and_then(|item| item.word(&mut self.problems, &SigningHash::WORDS)).unwrap_or_default();
        let key_as = key_as.and_then(|item| item.word(&mut self.problems, &KeySpelling::WORDS)).unwrap_or_default();
        let spelling = spelling.and_then(|item| item.word(&mut self.problems, &Spelling::WORDS)).unwrap_or_default();
        let key = table.need("key", &mut self.problems).and_then(|item| {
            self.inline_secret("key", item.value.as_str().unwrap_or_default(), &item.span);
            let key = self.fixed(&item)?;
            if let Some(fault) = key.constant().and_then(|text| key_fault(&text, key_as)) {
                let mend = "mend its value, or say by `key_as` how it is written";
                self.problems.say(code::BAD_VALUE, &item.span, fault, mend);
            }
            Some(key)
        });
        let over = table.need("over", &mut self.problems).and_then(|item| self.signed(&item, what.over()));
        let at = table.get("at").and_then(|item| self.instant_format(&item)).unwrap_or(InstantFormat::EpochSeconds);
        let mut headers = Vec::new();
        if let Some(item) = table.need("header", &mut self.problems)
            && let Some(members) = item.table(&mut self.problems)
        {
            let before = self.problems.len();
            for (name, _, item) in members.members() {
                headers.extend(self.signed(&item, what.headers()).map(|template| (name.to_owned(), template)));
            }
            let tells = headers.iter().flat_map(|(_, template)| template.vars()).any(|var| *var == VALUE);
            if !tells && self.problems.len() == before {
                let mend = "add a header with `${sign.value}`";
                self.problems.say(code::MISSING_KEY, &item.span, "no header carries the signature", mend);
            }
        }
        table.finish(&mut self.problems);
        Some(Signing { hash, key: key?, key_as, over: over?, at, spelling, headers })
    }

    /// A text of settings and these parts of a signature.
    fn signed(&mut self, item: &Item<'_>, parts: &[SignPart]) -> Option<Template> {
        let template = self.template(item)?;
        if template.vars().any(|var| !matches!(var, Var::Sign(part) if parts.contains(part))) {
            let mend = "docs/mapping-language.md tells which parts a signature has here";
            self.problems.say(code::SCOPE, &item.span, "a variable that this signature is not made of", mend);
            return None;
        }
        Some(template)
    }

    /// A text of settings alone, secret ones too.
    fn fixed(&mut self, item: &Item<'_>) -> Option<Template> {
        let template = self.template(item)?;
        self.fixed_of(template, item)
    }

    fn fixed_of(&mut self, template: Template, item: &Item<'_>) -> Option<Template> {
        if template.vars().next().is_some() {
            self.problems.say(code::SCOPE, &item.span, "a variable where only settings stand", "use `${setting.X}`");
            return None;
        }
        Some(template)
    }

    /// A whole address, with settings filled in.
    fn address(&mut self, item: &Item<'_>) -> Option<String> {
        self.secret_looks(item.value.as_str().unwrap_or_default(), &item.span);
        let text = self.text(item)?;
        let is_http =
            url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_http {
            let mend = "write a whole address, such as \"${setting.token_url}\" of a setting with `type = \"url\"`";
            self.problems.say(code::BAD_VALUE, &item.span, "this is no address of a token server", mend);
        }
        Some(text)
    }
}

/// Whose signature it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    /// Ours, of requests.
    Requests,
    /// A system's, of what it tells by itself.
    Notices,
}

impl Signed {
    /// What the signed text may be made of. Of a notice neither host nor path is known: others stand between.
    const fn over(self) -> &'static [SignPart] {
        use SignPart::{At, Body, Host, Method, Nonce, Path, Query, Text};
        match self {
            Self::Requests => &[Method, Host, Path, Query, At, Nonce, Body],
            Self::Notices => &[At, Nonce, Body, Text],
        }
    }

    /// What its headers may be made of.
    const fn headers(self) -> &'static [SignPart] {
        use SignPart::{At, Body, Host, Method, Nonce, Path, Query, Value};
        match self {
            Self::Requests => &[Method, Host, Path, Query, At, Nonce, Body, Value],
            Self::Notices => &[At, Nonce, Value],
        }
    }
}

/// Why a notice proves nothing.
fn notice_fault(sign: &Signing) -> Option<&'static str> {
    let has = |template: &Template, part| template.vars().any(|var| *var == Var::Sign(part));
    let carried = |part| sign.headers.iter().filter(|(_, template)| has(template, part)).count();
    let adjacent = |(_, template): &(String, Template)| {
        template.0.windows(2).any(|two| two.iter().all(|part| matches!(part, Part::Var(_))))
    };
    let over_body = has(&sign.over, SignPart::Text) || has(&sign.over, SignPart::Body);
    let over_nonce = has(&sign.over, SignPart::Nonce);
    if !over_body || !has(&sign.over, SignPart::At) {
        Some("the signature does not cover the body and the time")
    } else if carried(SignPart::At) != 1
        || carried(SignPart::Value) != 1
        || (over_nonce && carried(SignPart::Nonce) != 1)
    {
        Some("the headers do not carry each of time and signature once")
    } else if sign.headers.iter().any(adjacent) {
        Some("in a header two parts stand side by side: none could be told from the other")
    } else {
        None
    }
}

const VALUE: Var = Var::Sign(SignPart::Value);

/// Why a key can't be what it is said to be.
fn key_fault(text: &str, key_as: KeySpelling) -> Option<&'static str> {
    match key_as {
        _ if text.is_empty() => Some("the key is empty"),
        KeySpelling::Text => None,
        KeySpelling::Spelled(spelling) => spelling.read(text).is_none().then_some("the key is not written so"),
    }
}
