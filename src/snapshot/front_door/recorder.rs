//! Snapshots of front doors: whatever a scan reads is recorded.
