//! The checks, one file each: cases in both directions, boundaries, and properties.
#![cfg(test)]

#[path = "../properties/cases.rs"]
mod cases;
mod certificate_attached;
mod certificate_expiry;
mod certificate_unique;
mod owner_tag;
