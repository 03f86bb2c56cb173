//! `stagecert rotate`, with the real program against the fake AWS.

mod account;
mod concurrent;
mod interrupted;
mod plan;
mod refusals;
mod steps;
