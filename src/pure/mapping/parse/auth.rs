//! `[login.oauth2]`, `[login.sign]`: a token server, and requests that are signed.

use std::time::Duration;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::auth::{ClientAuth, KeySpelling, OAuth2, SignPart, Signing, SigningHash, Spelling};
use crate::pure::mapping::calls::Login;
use crate::pure::mapping::instant::InstantFormat;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::template::{Template, Var};

/// How long before its end a token counts as ended, where nothing is said.
const EARLY: Duration = Duration::from_secs(30);
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

    /// `[login.sign]`.
    pub(super) fn signing(&mut self, table: &Table<'_>) -> Option<Signing> {
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
                self.problems.say(
                    code::BAD_VALUE,
                    &item.span,
                    fault,
                    "mend its value, or say by `key_as` how it is written",
                );
            }
            Some(key)
        });
        let over = table.need("over", &mut self.problems).and_then(|item| self.signed(&item, false));
        let at = table.get("at").and_then(|item| self.instant_format(&item)).unwrap_or(InstantFormat::EpochSeconds);
        let mut headers = Vec::new();
        if let Some(item) = table.need("header", &mut self.problems)
            && let Some(members) = item.table(&mut self.problems)
        {
            for (name, _, item) in members.members() {
                headers.extend(self.signed(&item, true).map(|template| (name.to_owned(), template)));
            }
            let tells = headers.iter().flat_map(|(_, template)| template.vars()).any(|var| *var == VALUE);
            if !tells && self.problems.is_empty() {
                let mend = "add a header with `${sign.value}`";
                self.problems.say(code::MISSING_KEY, &item.span, "no header carries the signature", mend);
            }
        }
        table.finish(&mut self.problems);
        Some(Signing { hash, key: key?, key_as, over: over?, at, spelling, headers })
    }

    /// A text of settings and parts of a signature.
    fn signed(&mut self, item: &Item<'_>, with_value: bool) -> Option<Template> {
        let template = self.template(item)?;
        let stranger = template.vars().any(|var| !matches!(var, Var::Sign(_)) || (!with_value && *var == VALUE));
        if stranger {
            let mend =
                "use `${sign.method}`, `.host`, `.path`, `.query`, `.at`, `.nonce`, `.body`, and in headers `.value`";
            self.problems.say(code::SCOPE, &item.span, "a variable that no signature is made of", mend);
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

const VALUE: Var = Var::Sign(SignPart::Value);

/// Why a key can't be what it is said to be.
fn key_fault(text: &str, key_as: KeySpelling) -> Option<&'static str> {
    match key_as {
        _ if text.is_empty() => Some("the key is empty"),
        KeySpelling::Text => None,
        KeySpelling::Spelled(spelling) => spelling.read(text).is_none().then_some("the key is not written so"),
    }
}
