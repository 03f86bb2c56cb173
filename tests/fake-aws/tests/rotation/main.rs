//! Rotations with real backends under load: no request is lost, whatever happens to the program.

mod backends;
mod harness;
mod interrupted;
mod load;
mod nginx;
mod program;
mod proof;
mod scene;
mod tls;
mod traps;
mod two_people;
mod watch;
