//! S3 buckets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::contents::Content;

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// The account that owns it.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Whether versioning is on.
    pub versioned: bool,
    /// Other accounts that may read it.
    pub readers: BTreeSet<String>,
    /// All callers are refused, the owner included.
    pub denied: bool,
    /// Whether readers have `s3:ListBucket`. Without it, a missing key is answered with 403.
    pub lists: bool,
    /// The versions of each object by key, the newest last. Without versioning, there is one, with
    /// the ID `null`.
    pub objects: BTreeMap<String, Vec<ObjectVersion>>,
}

impl Bucket {
    /// The newest version of an object; `None` if there is no such object or it was deleted.
    pub fn newest(&self, key: &str) -> Option<&ObjectVersion> {
        self.objects.get(key)?.last().filter(|version| version.content.is_some())
    }

    /// A version of an object, which may be a delete marker.
    pub fn version(&self, key: &str, id: &str) -> Option<&ObjectVersion> {
        self.objects.get(key)?.iter().find(|version| version.id == id)
    }
}

/// A version of an object.
#[derive(Clone, Debug)]
pub struct ObjectVersion {
    /// Its ID.
    pub id: String,
    /// The content; `None` for a delete marker.
    pub content: Option<Content>,
    /// `LastModified`.
    pub modified: Timestamp,
}
