//! The checks of APIs.

pub mod mutual_tls;
pub mod private_front_door;
