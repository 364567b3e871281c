//! pakn-bridge keeps citizens' feedback tickets (PAKN: phản ánh, kiến nghị) the same in a province's ticket
//! system and on national portals.
//!
//! The map of the house. Each folder is a floor; imports point only down (`tests/black_box/architecture.rs`
//! fails otherwise), and nothing on the two lowest floors names tokio, reqwest, sqlx or axum, reads a clock or
//! draws a random number.
//!
//! | floor | folder   | what lives there |
//! |-------|----------|------------------|
//! | 0 | [`words`]  | the ticket, the two sides, what an attempt can come to, the one reader of the clock |
//! | 1 | [`pure`]   | wire, mapping, exchange, sync, retry, schedule, report: decisions without IO |
//! | 2 | [`doors`]  | config, connector, store: the only IO, each ignorant of the others |
//! | 3 | [`engine`] | poll, push, cycle, tasks: carries out what floor 1 decided, through floor 2 |
//! | 4 | [`faces`]  | the sandbox systems and the operator's web |
//! | 5 | [`cli`]    | one file a command; the only place where the parts are wired together |

pub mod cli;
pub mod doors;
pub mod engine;
pub mod faces;
pub mod pure;
pub mod words;
