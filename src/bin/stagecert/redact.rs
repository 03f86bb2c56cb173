use std::path::Path;

use stagecert::Failure;
use stagecert::snapshot::RedactionKey;

use crate::args::SnapshotArgs;
use crate::{Found, output, source};

/// Writes a snapshot under other names. Of a live account there is none to write yet.
pub(crate) fn run(args: &SnapshotArgs, out: &mut String) -> Result<Found, Failure> {
    let snapshot = source::snapshot(&args.snapshot)?;
    let key = match &args.redaction_key {
        Some(path) => RedactionKey::new(source::bytes(path)?)?,
        None => RedactionKey::new(random()?)?,
    };
    if is_same_file(&args.snapshot, &args.output) {
        return Err(Failure::NotSupported(
            "--output that is the snapshot itself: what is redacted can't be brought back".into(),
        ));
    }
    let redacted = snapshot.redacted(&key, &args.owner_tag_keys);
    output::write_or_print(&args.output, &redacted.to_json()?, out)?;
    Ok(Found::NothingFailed)
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// A key that ends with this process.
fn random() -> Result<Vec<u8>, Failure> {
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).map_err(|error| Failure::File {
        path: "the operating system's random numbers".into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(key)
}
