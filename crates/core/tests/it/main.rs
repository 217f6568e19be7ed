//! Tests of the domain: the request machine, masking, audit, handles, retries.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of tests; clippy.toml frees test functions alone"
)]

mod audit;
mod dialect;
mod handles;
mod machine_kinds;
mod machine_notes;
mod machine_properties;
mod machine_rules;
mod machine_secrecy;
mod machine_subjects;
mod machine_table;
mod masking_properties;
mod masking_rules;
mod masking_tables;
mod rendering;
mod retries;
mod support;
