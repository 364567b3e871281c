//! `check --draft PATH…`: a first mapping file from captured documents.

use std::path::PathBuf;

use crate::cli::{Context, Ended, Exit, Failed};
use crate::pure::encoding::Encoding;
use crate::pure::mapping::draft::draft;

use super::captured::{self, Captured};

pub(super) fn run(documents: &[PathBuf], encoding: Encoding, context: &mut Context) -> Ended {
    let mut samples = Vec::new();
    let mut unusable = Vec::new();
    captured::each(documents, |name, captured| match captured {
        Captured::Bytes(bytes) => samples.push((name.to_owned(), bytes)),
        Captured::Unusable(why) => unusable.push(format!("{name}: {why}")),
    })?;
    if let Some(why) = unusable.pop() {
        return Err(Failed::wrong_use(why));
    }
    let text = draft(&samples, encoding).map_err(|why| Failed::new(Exit::WrongUse, why))?;
    context.output.raw(text.as_bytes())?;
    Ok(Exit::Done)
}
