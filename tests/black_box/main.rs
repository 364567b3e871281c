//! The black-box tests: the real binary, the real protocols, the shape of the house. One binary, so it links once.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bridge;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod doubles;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod fates;
mod files;
#[cfg(test)]
mod first;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod front;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod hands;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod language;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod line;
#[cfg(test)]
mod logins;
#[cfg(test)]
mod map;
#[cfg(test)]
mod mappings;
#[cfg(test)]
mod network;
#[cfg(test)]
mod open311;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod own_fields;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod probes;
#[cfg(test)]
mod program;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod rounds;
#[cfg(test)]
mod roundup;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod several;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod store;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod unlisted;
#[cfg(test)]
mod ways;
#[cfg(test)]
mod world;
#[cfg(test)]
mod zipped;
