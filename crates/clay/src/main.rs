//! The clay command.
fn main() {}
