//! The core under test: the decision as a table, the push protocol case by case, and both under seeds in a small world.

mod protocol;
mod support;
mod table;
mod world;
