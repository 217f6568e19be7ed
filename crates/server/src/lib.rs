//! Signoff's HTTP surface: native API, health, metrics, OpenAPI.
