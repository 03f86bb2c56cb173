//! Exemptions as people write them: in rule parameters, in the value of a tag, and in a document.

mod document;
mod entry;
mod location;

pub use document::{AccountExemptions, DocumentEntry, ExemptionDocument};
pub(crate) use entry::{ENTRIES, glob};
pub use entry::{ExemptStages, of_tag};
pub(crate) use location::LOCATIONS;
pub use location::S3Location;
