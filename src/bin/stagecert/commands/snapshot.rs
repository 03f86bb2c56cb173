use stagecert::Failure;
use stagecert::snapshot::RedactionKey;

use crate::args::SnapshotArgs;
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};
use crate::{fleet, input};

/// Writes a snapshot of a live account, or an existing one, as it is or redacted.
pub(crate) async fn run(args: &SnapshotArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let snapshot = match &args.snapshot {
        Some(path) if output::is_same_file(path, &args.output) => {
            return Err(Failure::NotSupported(
                "--output must not be the snapshot itself: a redaction can't be undone".into(),
            ));
        }
        Some(path) => input::snapshot(path)?,
        None if args.example => input::example()?,
        None => fleet::snapshot(args).await?,
    };
    let written = if args.redact { snapshot.redacted(&key(args)?, &args.owner_tag_keys) } else { snapshot };
    // Tag values, names and certificates are only for people who may read the account.
    let access = if args.redact { Access::Umask } else { Access::OwnerOnly };
    output::write_or_print(&args.output, &written.to_json()?, access, out)?;
    Ok(ExitStatus::NothingFailed)
}

fn key(args: &SnapshotArgs) -> Result<RedactionKey, Failure> {
    RedactionKey::new(match &args.redaction_key {
        Some(path) => input::key(path)?,
        None => random()?,
    })
}

/// A random key, which is not stored anywhere.
fn random() -> Result<Vec<u8>, Failure> {
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).map_err(|error| Failure::File {
        path: "the operating system's random numbers".into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(key)
}
