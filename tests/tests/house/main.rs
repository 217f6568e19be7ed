//! The house tests: what no single crate can prove alone. One module per subject, and nothing else here.

mod architecture;
mod browser;
mod chat_page;
mod kill;
mod service;
mod trip;
