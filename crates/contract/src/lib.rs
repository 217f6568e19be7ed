//! Signoff's wire contract v1: types, validation, canonical JSON, signatures. No I/O.
