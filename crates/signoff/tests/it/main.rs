//! The program, run as its users run it: the built binary, files, the environment, and a real
//! service as a child process.

mod ask;
mod config;
mod config_errors;
mod database;
mod doctor;
mod generated;
mod serve;
mod world;
