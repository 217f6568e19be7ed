//! Signoff's use cases, ports and background work.
