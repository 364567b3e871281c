//! `report`: both systems reconciled anew, and the report of it.

use chrono::{Days, NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use serde_json::json;

use crate::doors::store::Mode;
use crate::engine::report::Wanted;
use crate::pure::messages::Key;
use crate::pure::report::text;
use crate::pure::retry::Policy;
use crate::words::clock::Timestamp;
use crate::words::side::LinkName;

use super::wiring::Wired;
use super::{Context, Ended, Exit, Failed, wiring};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this link
    #[arg(long)]
    link: Option<String>,
    /// First day of the period (2026-11-01); from the first ticket on by default
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Last day of the period; today by default
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Show personal data as it is; masked otherwise
    #[arg(long)]
    personal_data: bool,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Ended {
    let config = context.config()?;
    let link = args.link.map(LinkName::from);
    if let Some(name) = &link
        && !config.links.iter().any(|known| known.name == *name)
    {
        return Err(Failed::wrong_use(format!("there is no link `{name}`")));
    }
    let Wired { engine, parts } = wiring::wire(&config, Mode::Command, Policy::default()).await?;
    let language = context.report_language(&config);
    let wanted = Wanted {
        link,
        from: args.from.and_then(|day| midnight(day, config.zone)),
        to: args.to.and_then(|day| day.checked_add_days(Days::new(1))).and_then(|day| midnight(day, config.zone)),
        personal_data: args.personal_data,
    };
    let done = engine.report(&wiring::reporting(&config, &parts.mappings, language), &wanted).await;
    engine.store.close().await;
    let (report, files) = done?;
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "report": report, "good": report.is_good(), "files": files }))?;
    } else {
        output.line(&text::render(&report, language))?;
        output.line(&language.fill(Key::CliReportWritten, &[&files.html.display()]))?;
    }
    Ok(if report.is_good() { Exit::Done } else { Exit::NeedsPerson })
}

/// The first instant of a local day.
fn midnight(day: NaiveDate, zone: Tz) -> Option<Timestamp> {
    zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let begins = midnight(day, Tz::Asia__Ho_Chi_Minh).unwrap();
        assert_eq!(begins.to_rfc3339(), "2026-10-31T17:00:00+00:00");
    }
}
