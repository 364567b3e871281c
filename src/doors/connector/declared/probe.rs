//! What a few reads can show of a mapping's promises: does the filter of changes filter, does the search for a reference
//! search?

use chrono::TimeDelta;

use crate::doors::connector::ListFrom;
use crate::pure::exchange::Scope;
use crate::words::clock::now;
use crate::words::hex::hex;
use crate::words::outcome::Failure;
use crate::words::promise::{Broken, Find};
use crate::words::ticket::RecordKind;

use super::DeclaredRemote;

/// What changed longer ago than this has no place in a listing of what changed since now, whatever the clocks say.
const LONG_AGO: TimeDelta = TimeDelta::days(2);

impl DeclaredRemote {
    /// The first promise that is seen broken.
    pub(super) async fn broken_promise(&self) -> Result<Option<Broken>, Failure> {
        match self.unfiltered().await? {
            None => self.found_for_nobody().await,
            broken => Ok(broken),
        }
    }

    async fn unfiltered(&self) -> Result<Option<Broken>, Failure> {
        let call = self.mapping.verbs.changes.as_ref().and_then(|name| self.mapping.calls.get(name));
        if call.is_none_or(|call| call.since.is_none()) {
            return Ok(None);
        }
        let at = now();
        let page = self.list(&ListFrom { since: Some(at) }, None).await?;
        let oldest = page.rows.iter().filter_map(|row| row.changed).min();
        Ok(oldest.filter(|changed| at - changed > LONG_AGO).map(|changed| Broken {
            promise: "since",
            says: format!(
                "asked for what changed since {}, it lists a ticket of {}",
                at.date_naive(),
                changed.date_naive()
            ),
        }))
    }

    async fn found_for_nobody(&self) -> Result<Option<Broken>, Failure> {
        if self.mapping.promises().find != Find::Filter {
            return Ok(None);
        }
        let call = self.verb(self.mapping.verbs.find.as_deref(), "find")?;
        let mut scope = Scope::new(RecordKind::Ticket);
        scope.reference = Some(format!("pb-nobody-{}", hex(&rand::random::<[u8; 8]>())));
        let found = self.page(call, scope, None).await?.rows.len();
        Ok((found > 0).then(|| Broken {
            promise: "find",
            says: format!("the search for a reference that nobody has finds {found} tickets"),
        }))
    }
}
