//! The core under test: the decision as a table, the push protocol case by case, and both under seeds in a simulated
//! world.

mod dates;
mod protocol;
mod remap;
mod safeguards;
mod simulate;
mod support;
mod table;
mod world;
