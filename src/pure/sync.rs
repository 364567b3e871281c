//! The heart: what is done with a ticket that lives in two systems.
//!
//! Pure and sans-IO: [`observe`] takes in what a side showed, [`plan`] decides what to write, [`settle`] takes in what
//! became of a write. Each changes a [`Case`](case::Case) and leaves [`Fact`](case::Fact)s for the audit; the shell
//! stores both in one transaction. The simulator runs the same code.

pub mod case;
pub mod decide;
pub mod gone;
pub mod hands;
pub mod listing;
pub mod observe;
pub mod plan;
pub mod reference;
pub mod remap;
pub mod restore;
pub mod rules;
pub mod selection;
pub mod settle;
mod stored;
mod swing;
#[cfg(test)]
mod tests;
