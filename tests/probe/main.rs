//! `stagecert probe` on real servers: the verdict for each configuration, and what a hostile server
//! can do.
#![cfg(test)]

mod account;
mod certificates;
mod child;
mod command;
mod configurations;
mod consent;
mod hostile;
mod many;
mod node;
mod openssl;
mod server;
