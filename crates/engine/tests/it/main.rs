//! The engine's tests: one binary, one module a subject.

mod callbacks;
mod guard;
mod sender;
mod trip;
mod world;
