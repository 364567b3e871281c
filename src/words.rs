//! Floor 0: the words that every floor above speaks.

pub mod cells;
pub mod clock;
pub mod decimal;
pub mod extra;
pub mod hex;
pub mod limits;
pub mod outcome;
pub mod problem;
pub mod promise;
pub mod record;
pub mod secret;
pub mod side;
pub mod stops;
pub mod text;
pub mod ticket;
pub mod value;
pub mod way;
