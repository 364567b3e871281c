//! The core in simulated worlds: each kind of system alone, any mixture, and the proof that the simulator can see. One
//! binary; `examples/simulate.rs` runs the same world for longer.

#[cfg(test)]
mod any;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod safeguards;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod stuck;
#[expect(dead_code, reason = "examples/simulate.rs uses the rest of it")]
mod world;
