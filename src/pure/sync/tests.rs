//! The core under test: the decision as a table, the push protocol case by case. Under seeds in a simulated world:
//! `tests/simulator`.

mod dates;
mod gone;
mod protocol;
mod remap;
mod restore;
mod support;
mod table;
