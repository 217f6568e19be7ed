//! Signoff's domain, without I/O: the request machine, masking, retry schedule, audit chain.
