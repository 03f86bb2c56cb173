//! The checks, one file each: cases in both directions, boundaries, and properties.
#![cfg(test)]

mod answers;
#[path = "../properties/cases.rs"]
mod cases;
mod certificate_attached;
mod certificate_expiry;
mod certificate_unique;
#[path = "../certificates/der.rs"]
#[expect(dead_code, reason = "the tests of the parser use the rest")]
mod der;
mod domain_certificate;
mod mutual_tls;
mod owner_tag;
mod private_front_door;
mod tls_policy;
mod truststore;
