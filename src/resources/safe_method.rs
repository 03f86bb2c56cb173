//! HTTP methods without side effects.

use strum::{AsRefStr, EnumString, VariantNames};

/// The HTTP methods that have no side effects (RFC 9110, section 9.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr, EnumString, VariantNames)]
#[strum(serialize_all = "UPPERCASE")]
pub enum SafeMethod {
    /// GET
    Get,
    /// HEAD
    Head,
    /// OPTIONS
    Options,
}
