//! One call: log in where needed, render, send, judge; once more after a new login.

use std::path::Path;

use thiserror::Error;

use crate::pure::exchange::{
    Answer, Answered, Attempt, Expected, Judged, Look, Outgoing, RenderError, Role, Scope, judge, judge_shown,
    outgoing, sign, taken, variables,
};
use crate::pure::mapping::calls::{Body, Call, Verdict};
use crate::pure::mapping::template::Var;
use crate::pure::wire::Node;
use crate::words::clock::{Deadline, Stopwatch, now};
use crate::words::hex::hex;
use crate::words::outcome::Failure;

use super::DeclaredRemote;
use super::transport::TransportError;

/// A call that brought an answer.
#[derive(Debug)]
pub(super) struct Done {
    /// What it means.
    pub(super) judged: Judged,
    /// The tickets that it shows, where the call reads tickets.
    pub(super) answered: Option<Answered>,
    /// The answer itself.
    pub(super) answer: Answer,
}

/// Sessions begun anew for one call. Calls made at the same time end each other's sessions at some systems.
pub(super) const MAX_LOGINS: u32 = 3;

/// A call that brought none.
#[derive(Debug, Error)]
pub(super) enum Broken {
    /// It can't be made with these values.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The exchange broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// There is no session, so nothing was sent.
    #[error("no session: {0}")]
    Login(Failure),
}

impl Broken {
    /// What it means for a read.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Render(error) => Failure::Refused { says: error.to_string() },
            Self::Transport(error) => error.into_failure(),
            Self::Login(failure) => failure,
        }
    }
}

impl DeclaredRemote {
    /// A call by its name.
    pub(super) fn call(&self, name: &str) -> Result<&Call, Failure> {
        let call = self.mapping.calls.get(name);
        call.ok_or_else(|| Failure::Refused { says: format!("the mapping has no call `{name}`") })
    }

    /// What a call sends, signed where the mapping wants that.
    pub(super) fn request(&self, call: &Call, scope: &Scope) -> Result<Outgoing, RenderError> {
        let mut outgoing = outgoing(&self.mapping, call, scope)?;
        if let (Some(signing), Outgoing::Http(request)) =
            (self.mapping.login.sign.as_ref().filter(|_| !call.bare), &mut outgoing)
        {
            let nonce = hex(&rand::random::<[u8; 16]>());
            let file_sha256 = scope.item.as_ref().map(|item| item.sha256.as_str());
            sign(signing, call, request, Attempt { at: now(), nonce: &nonce, file_sha256 })?;
        }
        Ok(outgoing)
    }

    /// Makes a call. A session that has ended is begun anew, by declaration nothing was done then. One that ends again
    /// and again although the login was taken is no wrong password: the system is ill, and the call is tried later.
    pub(super) async fn make(
        &self,
        call: &Call,
        scope: &mut Scope,
        role: Role,
        file: Option<(&Path, u64)>,
        begin_by: Option<Deadline>,
    ) -> Result<Done, Broken> {
        self.make_expecting(None, call, scope, role, file, begin_by).await
    }

    async fn make_expecting(
        &self,
        expected: Option<&Expected>,
        call: &Call,
        scope: &mut Scope,
        role: Role,
        file: Option<(&Path, u64)>,
        begin_by: Option<Deadline>,
    ) -> Result<Done, Broken> {
        let file = file.filter(|_| carries_file(call));
        let mut logins = 0;
        let begun = Stopwatch::start();
        loop {
            // The time of a call is that of its logins too: what has no session by then is not sent.
            let left = self.options.call_timeout.saturating_sub(begun.elapsed());
            let session = tokio::time::timeout(left, self.session.tokens(self)).await;
            let (generation, tokens) = session.unwrap_or_else(|_| Err(no_session())).map_err(Broken::Login)?;
            scope.login = tokens;
            let request = self.request(call, scope)?;
            tracing::trace!(system = %self.name, call = call.name, ?request, "sent");
            let answer = self.transport.exchange(&request, file, begin_by).await?;
            let (mut judged, answered) = match expected {
                Some(expected) => judge_shown(&self.mapping, call, expected, &answer, now()),
                None => (judge(&self.mapping, call, role, &answer, now()), None),
            };
            tracing::trace!(system = %self.name, call = call.name, ?answer, verdict = judged.verdict.as_str(), "judged");
            if judged.verdict == Verdict::Login && generation > 0 {
                self.session.ended(generation).await;
                if logins < MAX_LOGINS {
                    logins += 1;
                    continue;
                }
                judged.verdict = Verdict::Retry;
            }
            return Ok(Done { judged, answered, answer });
        }
    }

    /// Makes a call that shows tickets, which are read in the same pass over its answer.
    pub(super) async fn show(&self, expected: &Expected, call: &Call, scope: &mut Scope) -> Result<Done, Broken> {
        self.make_expecting(Some(expected), call, scope, Role::Repeatable, None, None).await
    }

    /// Makes a call that only reads; anything but a good answer is a failure.
    pub(super) async fn read(&self, call: &Call, scope: &mut Scope) -> Result<Done, Failure> {
        let done = self.make(call, scope, Role::Repeatable, None, None).await.map_err(Broken::into_failure)?;
        done.good()
    }
}

impl Done {
    /// Itself, where the answer is a good one.
    pub(super) fn good(self) -> Result<Self, Failure> {
        if self.judged.verdict == Verdict::Ok { Ok(self) } else { Err(failure(&self.judged)) }
    }

    /// What the call's `take` found.
    pub(super) fn taken(&self, call: &Call) -> std::collections::BTreeMap<String, Node> {
        taken(call, self.judged.document.as_ref(), &self.answer)
    }

    /// Where its document is looked into.
    pub(super) fn document(&self) -> Option<&dyn Look> {
        let answered = self.answered.as_ref().map(|answered| answered as &dyn Look);
        answered.or_else(|| self.judged.document.as_ref().map(|document| document as &dyn Look))
    }

    /// The call's one document: at its `root`, or the whole answer.
    pub(super) fn root(&self, call: &Call) -> Option<Node> {
        let document = self.judged.document.as_ref()?;
        match &call.root {
            None => Some(document.clone()),
            Some(path) => path.first(document).map(|found| found.to_node()).filter(|node| *node != Node::Null),
        }
    }

    /// The call's rows.
    pub(super) fn items(&self, call: &Call) -> Result<Vec<Node>, Failure> {
        let bad = |says: String| Failure::BadAnswer { says };
        let Some(document) = &self.judged.document else { return Err(bad("no document".to_owned())) };
        let Some(path) = &call.items else { return Err(bad(format!("`{}` declares no items", call.name))) };
        let found = path.find(document).map_err(|fault| bad(fault.to_string()))?;
        let found = found.ok_or_else(|| bad(format!("the answer does not show `{path}`")))?;
        Ok(found.iter().map(crate::pure::mapping::path::Found::to_node).collect())
    }
}

fn no_session() -> Failure {
    Failure::Unreachable { says: "no session within the time of a call".to_owned() }
}

/// What a verdict other than ok means for a read.
pub(super) fn failure(judged: &Judged) -> Failure {
    let says = judged.says.clone();
    match judged.verdict {
        _ if judged.malformed => Failure::BadAnswer { says },
        Verdict::Retry | Verdict::Doubt => Failure::Unreachable { says },
        Verdict::Busy => Failure::Busy { says, wait: judged.wait },
        Verdict::Login => Failure::Login { says },
        Verdict::Refused | Verdict::Conflict | Verdict::Exists | Verdict::Gone | Verdict::Ok => {
            Failure::Refused { says }
        }
    }
}

/// Whether a call sends the write's file, streamed or inside a document.
pub(super) fn carries_file(call: &Call) -> bool {
    matches!(call.body, Body::Bytes { .. } | Body::Multipart { .. }) || inlines_file(call)
}

/// Whether a call puts the file's content into its document.
pub(super) fn inlines_file(call: &Call) -> bool {
    variables(call).into_iter().any(|var| matches!(var, Var::ItemBase64 | Var::ItemBase64Zip))
}
