//! The black-box tests: the real binary, the real protocols, the shape of the house. One binary, so it links once.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod mappings;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod roundup;
