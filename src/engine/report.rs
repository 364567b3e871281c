//! Makes and keeps one reconciliation report: reconcile every link, tell the facts, put the files on the shelf.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::doors::shelf;
use crate::doors::store::{MappingUse, StoreError};
use crate::pure::deadline::Deadlines;
use crate::pure::messages::Language;
use crate::pure::report::facts::{self, LinkFound, Setup};
use crate::pure::report::figures::Period;
use crate::pure::report::mask::Masking;
use crate::pure::report::{MappingUsed, Report, csv, html, json as as_json};
use crate::words::clock::{Timestamp, now};
use crate::words::extra::Extras;
use crate::words::side::LinkName;
use crate::words::stops::{self, Stop};

use super::{Engine, EngineError, Link};

/// How reports are made here.
#[derive(Debug, Clone)]
pub struct Reporting {
    /// Language of the pages and tables.
    pub language: Language,
    /// Who issues them.
    pub issuer: Vec<String>,
    /// Names of agencies by code.
    pub agencies: BTreeMap<String, String>,
    /// The fields that the mappings declare beside those of every ticket.
    pub extras: Extras,
    /// How deadlines are counted.
    pub deadlines: Deadlines,
    /// The mapping files in use.
    pub mappings: Vec<MappingUsed>,
    /// Where the files are kept.
    pub folder: PathBuf,
}

/// What one report is about.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this link; all where `None`.
    pub link: Option<LinkName>,
    /// First instant of the period; from the first ticket on where `None`.
    pub from: Option<Timestamp>,
    /// First instant after the period; now where `None`.
    pub to: Option<Timestamp>,
    /// Whether personal data is shown as it is.
    pub personal_data: bool,
}

/// The files of one report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Files {
    /// The page, print-ready.
    pub html: PathBuf,
    /// The listed tickets as a table.
    pub csv: PathBuf,
    /// The figures as a table.
    pub figures: PathBuf,
    /// Everything, for programs.
    pub json: PathBuf,
}

impl Engine {
    /// Makes one report, keeps its files and notes the run.
    ///
    /// # Errors
    /// Where a system can't be listed to its end, the store can't be used, or the files can't be written.
    pub async fn report(&self, reporting: &Reporting, wanted: &Wanted) -> Result<(Report, Files), EngineError> {
        let at = now();
        let run = self.store.begin_run("report", at).await?;
        stops::at(Stop::ReportBegun);
        let mut links = Vec::new();
        for link in self.links.values().filter(|link| wanted.link.as_ref().is_none_or(|name| *name == link.name)) {
            let found = self.reconcile(link).await?;
            links.push(LinkFound { name: link.name.clone(), systems: link.systems.clone(), found });
        }
        let period = Period { from: wanted.from, to: wanted.to.unwrap_or(at) };
        let setup = Setup {
            run,
            program: concat!("pakn-bridge ", env!("CARGO_PKG_VERSION")).to_owned(),
            issuer: reporting.issuer.clone(),
            now: at,
            masking: if wanted.personal_data { Masking::Off } else { Masking::On },
            deadlines: &reporting.deadlines,
            agencies: &reporting.agencies,
            extras: &reporting.extras,
            mappings: self.mappings_used(&period, &reporting.mappings).await?,
            period,
        };
        let report = facts::report(&setup, links);
        let files = keep(&report, reporting)?;
        stops::at(Stop::ReportKept);
        // The kept run holds counts only: no list of tickets, no personal data.
        let result = json!({ "totals": report.totals, "good": report.is_good(), "files": files });
        self.store.end_run(run, now(), &result).await?;
        Ok((report, files))
    }

    /// Every mapping that was in force at some time of the period, and those that made this report.
    async fn mappings_used(&self, period: &Period, now: &[MappingUsed]) -> Result<Vec<MappingUsed>, StoreError> {
        let mut used: Vec<MappingUsed> = Vec::new();
        let uses = self.store.mapping_uses().await?;
        for (at, one) in uses.iter().enumerate() {
            let next = uses.get(at + 1..).unwrap_or_default().iter().find(|next| next.system == one.system);
            let began = one.since < period.to;
            let went_on = next.is_none_or(|next| period.from.is_none_or(|from| next.since > from));
            if began && went_on && self.systems.contains_key(&one.system) {
                let MappingUse { system, file, digest, since } = one.clone();
                used.push(MappingUsed { system, file, sha256: digest, since: Some(since) });
            }
        }
        let new = now.iter().filter(|now| !uses.iter().any(|one| one.digest == now.sha256 && one.system == now.system));
        used.extend(new.cloned());
        used.sort_by(|one, other| (&one.system, one.since).cmp(&(&other.system, other.since)));
        Ok(used)
    }

    /// Links of a configuration by their names, for the report's choice.
    #[must_use]
    pub fn link(&self, name: &LinkName) -> Option<&Link> {
        self.links.get(name)
    }
}

/// Renders a report and puts its files on the shelf.
fn keep(report: &Report, reporting: &Reporting) -> Result<Files, EngineError> {
    let language = reporting.language;
    let name = |ending: &str| format!("report-{:06}{ending}", report.run);
    let failed = |error: &dyn std::fmt::Display| EngineError::Shelf { says: error.to_string() };
    let put =
        |ending: &str, text: &str| shelf::put(&reporting.folder, &name(ending), text).map_err(|error| failed(&error));
    Ok(Files {
        html: put(".html", &html::render(report, language))?,
        csv: put(".csv", &csv::tickets(report, language).map_err(|error| failed(&error))?)?,
        figures: put("-figures.csv", &csv::figures(report, language).map_err(|error| failed(&error))?)?,
        json: put(".json", &as_json::render(report).map_err(|error| failed(&error))?)?,
    })
}
