//! Decoders that several stages need.
