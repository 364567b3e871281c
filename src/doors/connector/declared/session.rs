//! The login of systems that give a session or a token: one login at a time, kept until its life ends or the system says
//! that it ended.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::pure::exchange::{Outgoing, Role, Scope, Token, ask_token, judge, taken, token};
use crate::pure::mapping::Mapping;
use crate::pure::mapping::auth::{OAuth2, TOKEN};
use crate::pure::mapping::calls::{Call, Verdict};
use crate::words::clock::{Stopwatch, now};
use crate::words::outcome::Failure;
use crate::words::secret::Secret;
use crate::words::ticket::RecordKind;

use super::DeclaredRemote;
use super::call::failure;

/// What the login gave, as the variables `login.*`.
pub(super) type Tokens = BTreeMap<String, Secret>;

/// The session in hand.
#[derive(Debug, Default)]
pub(super) struct Session(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Rises with each login, so that of several calls that see a session end only the first begins a new one.
    generation: u64,
    tokens: Option<Tokens>,
    /// When they were asked for and how long they may be used, where that is told.
    life: Option<(Stopwatch, Duration)>,
    /// The last refusal, and since when.
    refused: Option<(Stopwatch, Failure)>,
}

/// So long a refused login stands for those who would try the same at once: accounts get locked by a crowd.
const REFUSAL_STANDS: Duration = Duration::from_secs(5);

impl Session {
    /// The session's number and what it gave; logs in where there is none.
    pub(super) async fn tokens(&self, remote: &DeclaredRemote) -> Result<(u64, Tokens), Failure> {
        let login = &remote.mapping.login;
        if login.call.is_none() && login.oauth2.is_none() {
            return Ok((0, Tokens::new()));
        }
        // Held through the login: the others wait for the one session.
        let mut state = self.0.lock().await;
        if let Some(tokens) = &state.tokens
            && state.life.is_none_or(|(since, life)| since.elapsed() < life)
        {
            return Ok((state.generation, tokens.clone()));
        }
        if let Some((since, failure)) = &state.refused
            && since.elapsed() < REFUSAL_STANDS
        {
            return Err(failure.clone());
        }
        let asked = Stopwatch::start();
        let (tokens, life) = match log_in(remote).await {
            Ok(given) => given,
            Err(failure) => {
                let refused = matches!(failure, Failure::Login { .. });
                state.refused = refused.then(|| (Stopwatch::start(), failure.clone()));
                return Err(failure);
            }
        };
        (state.refused, state.life) = (None, life.map(|life| (asked, life)));
        state.generation += 1;
        state.tokens = Some(tokens.clone());
        tracing::debug!(system = %remote.name, "logged in");
        Ok((state.generation, tokens))
    }

    /// The system does not know this session any more.
    pub(super) async fn ended(&self, generation: u64) {
        let mut state = self.0.lock().await;
        if state.generation == generation {
            state.tokens = None;
        }
    }
}

/// Whether two mappings log in in the same way, so that the session of one serves the other.
pub(super) fn same_login(one: &Mapping, other: &Mapping) -> bool {
    fn call(mapping: &Mapping) -> Option<impl PartialEq + '_> {
        let call = mapping.calls.get(mapping.login.call.as_deref()?)?;
        Some((call.method, &call.target, &call.query, &call.headers, &call.body, call.bare, &call.take))
    }
    one.http == other.http && one.login.oauth2 == other.login.oauth2 && call(one) == call(other)
}

/// What the login gives, and how long it may be used.
async fn log_in(remote: &DeclaredRemote) -> Result<(Tokens, Option<Duration>), Failure> {
    let login = &remote.mapping.login;
    match (&login.oauth2, &login.call) {
        (Some(oauth2), _) => ask(remote, oauth2).await,
        (None, Some(call)) => enter(remote, remote.call(call)?).await.map(|tokens| (tokens, None)),
        (None, None) => Ok((Tokens::new(), None)),
    }
}

/// Asks the token server.
async fn ask(remote: &DeclaredRemote, oauth2: &OAuth2) -> Result<(Tokens, Option<Duration>), Failure> {
    let request = ask_token(oauth2);
    let request = request.ok_or_else(|| Failure::Login { says: "no token can be asked for".to_owned() })?;
    let answer = remote.transport.exchange(&Outgoing::Http(request), None, None).await;
    let answer = answer.map_err(super::transport::TransportError::into_failure)?;
    let Token { text, life } = token(oauth2, &answer, now())?;
    Ok((Tokens::from([(TOKEN.to_owned(), text)]), life))
}

/// Makes the login call.
async fn enter(remote: &DeclaredRemote, call: &Call) -> Result<Tokens, Failure> {
    let request = remote.request(call, &Scope::new(RecordKind::Ticket));
    let request = request.map_err(|error| Failure::Login { says: error.to_string() })?;
    let answer = remote.transport.exchange(&request, None, None).await;
    let answer = answer.map_err(super::transport::TransportError::into_failure)?;
    let judged = judge(&remote.mapping, call, Role::Repeatable, &answer, now());
    match judged.verdict {
        Verdict::Ok => {}
        Verdict::Refused | Verdict::Gone => return Err(Failure::Login { says: judged.says }),
        Verdict::Retry | Verdict::Busy | Verdict::Login | Verdict::Conflict | Verdict::Exists | Verdict::Doubt => {
            return Err(failure(&judged));
        }
    }
    let taken = taken(call, judged.document.as_ref(), &answer);
    if let Some(missing) = call.take.keys().find(|name| !taken.contains_key(*name)) {
        return Err(Failure::Login { says: format!("the login's answer does not show `{missing}`") });
    }
    let plain = |(name, node): (String, crate::pure::wire::Node)| {
        let text = node.as_plain()?.into_owned();
        Some((name, Secret::new(text)))
    };
    Ok(taken.into_iter().filter_map(plain).collect())
}
