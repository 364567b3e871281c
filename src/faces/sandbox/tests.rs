//! The sandbox tried by plain HTTP, as any client would.

mod client;
mod faulty;
mod speaking;
mod witness;
