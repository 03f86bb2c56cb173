//! Backends that are probed over real connections.
#![cfg(test)]
