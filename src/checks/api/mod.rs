//! The checks of APIs.

mod endpoint_groups;
mod in_front;
mod listener_problems;
pub mod mutual_tls;
pub mod private_front_door;
