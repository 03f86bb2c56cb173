//! What a probe would contact. Nothing is sent and no name is resolved.

use std::fmt::Write as _;

use stagecert::probe::Target;
use stagecert::quote::printable;
use stagecert::resources::origin::Scheme;

pub(super) fn page(targets: &[Target]) -> String {
    let mut out = String::new();
    for target in targets {
        let what = match target.origin.scheme {
            Scheme::Http => "plaintext: nothing would be sent",
            Scheme::Https => "would be contacted",
        };
        let _ = writeln!(out, "{}{}  {what}", target.origin, printable(&target.path));
    }
    out
}
